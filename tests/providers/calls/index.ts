import type { CallKinds, Refs } from './call.js'
import { callsOfMailgun } from './mailgun.js'
import { callsOfSendgrid } from './sendgrid.js'
import { callsOfReceivers } from './standard-webhooks.js'
import { callsOfTwilio } from './twilio.js'

export { type Account, type Call, type CallKind, foreignPath, paths, type Signer, secrets } from './call.js'
export { withSignatureOf } from './mailgun.js'
export { sendgridKey } from './sendgrid.js'

/** Every kind of request that the providers make, about deliveries by their references or from ana. */
export function callKinds(refs: Refs): CallKinds {
  return { ...callsOfTwilio(refs), ...callsOfSendgrid(refs), ...callsOfMailgun(refs), ...callsOfReceivers(refs) }
}
