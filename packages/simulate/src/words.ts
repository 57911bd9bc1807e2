const reasons: { readonly [reason: string]: string } = {
  quiet_hours: 'quiet hours',
  window: 'outside the hours it may be sent',
  blackout: 'a blackout date',
  frequency_cap: 'enough messages already',
  late_gap: 'too close after another late message',
  no_address: 'no address for this channel',
  invalid_address: 'the address is not valid',
  consent_missing: 'consent has not been given',
  consent_revoked: 'consent was withdrawn',
  suppressed_stop: 'they answered STOP',
  suppressed_unsubscribed: 'they unsubscribed',
  suppressed_hard_bounce: 'the address bounced',
  suppressed_complaint: 'they complained',
  suppressed_manual: 'the address is blocked',
  skip_when: 'the step says to skip it',
  holdout: 'they are in the holdout group',
  late: 'too late to be useful',
  not_after: 'no longer wanted by then',
  never_open: 'its hours never open',
  paused: 'it fell due during a pause',
  replanned: 'its date moved',
  template_missing: 'its template does not exist',
  channel_missing: 'its channel is not configured',
}

/** Why something was not sent, in words; a reason of the host's own stays as it is. */
export function inWords(reason: string | null): string {
  if (reason === null) return 'no reason was recorded'
  if (reason.startsWith('missing_token:'))
    return `"${reason.slice('missing_token:'.length)}" is not known for this contact`
  return Object.hasOwn(reasons, reason) ? (reasons[reason] ?? reason) : reason.replaceAll('_', ' ')
}
