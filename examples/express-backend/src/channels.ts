import { smtpChannel } from '@drumbeat/channel-smtp'
import { twilioChannel } from '@drumbeat/channel-twilio'
import type { Channel } from '@drumbeat/core'
import type { WebhookAccount } from '@drumbeat/http'
import { createTransport } from 'nodemailer'
import twilio from 'twilio'

/** Names Twilio's account in the path of its webhooks. */
const twilioPath = 'twilio-3f9b7a52c1d8'

/** Mails over SMTP; and text messages where a Twilio account is given, whose reports and incoming messages are believed. */
export function channelsOf(publicUrl: string, smtpUrl: string, env: NodeJS.ProcessEnv) {
  const channels: Channel[] = [smtpChannel({ client: createTransport(smtpUrl), from: 'Acme <hello@acme.test>' })]
  const webhooks: Record<string, WebhookAccount> = {}
  const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM } = env
  if (TWILIO_ACCOUNT_SID && TWILIO_AUTH_TOKEN && TWILIO_FROM) {
    const sms = twilioChannel({
      client: twilio(TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN),
      from: TWILIO_FROM,
      webhook: { url: `${publicUrl}/webhooks/${twilioPath}`, authToken: TWILIO_AUTH_TOKEN },
    })
    channels.push(sms)
    webhooks[twilioPath] = { workspaceId: 'acme', channel: sms }
  }
  return { channels, webhooks }
}
