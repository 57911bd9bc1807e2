export type { Address, RequestGuard } from './guarded-request.js'
export { type WebhookCallerOptions, webhookCaller } from './webhook-caller.js'
export { type WebhookChannelOptions, webhookChannel } from './webhook-channel.js'
export { type WebhookSenderOptions, webhookSender } from './webhook-sender.js'
