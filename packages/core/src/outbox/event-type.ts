/** What a host's endpoint may be told of. */
export const eventTypes = [
  'recipient.entered',
  'recipient.ended',
  'recipient.quarantined',
  'delivery.sent',
  'delivery.failed',
  'delivery.skipped',
  'delivery.expired',
  'delivery.canceled',
  'delivery.unknown',
  'delivery.unresolved',
  'delivery.delivered',
  'delivery.opened',
  'delivery.clicked',
  'delivery.bounced',
  'delivery.complained',
  'consent.recorded',
  'suppression.recorded',
  'suppression.lifted',
  'reply.received',
  'campaign.scheduled',
  'campaign.unscheduled',
  'campaign.activated',
  'campaign.paused',
  'campaign.resumed',
  'campaign.stopping',
  'campaign.stopped',
  'campaign.completed',
  'campaign.archived',
] as const

/** One kind of event, as `noun.past`. */
export type EventType = (typeof eventTypes)[number]
