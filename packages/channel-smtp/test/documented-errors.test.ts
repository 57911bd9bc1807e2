import { smtpChannel } from '@drumbeat/channel-smtp'
import type { SendOutcome } from '@drumbeat/core'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import nodemailer from 'nodemailer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Refusal, type SmtpStandIn, smtpServer } from './smtp-stand-in.js'

type Read = (code: string) => SendOutcome
const recipient: Read = (code) => ({ outcome: 'rejected', code, reason: 'recipient' })
const content: Read = (code) => ({ outcome: 'rejected', code, reason: 'content' })
const refused: Read = (code) => ({ outcome: 'rejected', code })
const blocked: Read = (code) => ({ outcome: 'blocked', code })
const later: Read = (code) => ({ outcome: 'not_accepted', code, retryAfterMs: null })

/**
 * Every enhanced status code about addresses, mailboxes, systems, routes, protocols, contents and policies, as the answer to `RCPT TO`: only
 * those that say of the address itself that it is wrong or closed close it.
 * @see https://www.rfc-editor.org/rfc/rfc3463
 * @see https://www.iana.org/assignments/smtp-enhanced-status-codes
 */
const enhanced: readonly (readonly [number, string, string, Read])[] = [
  [550, '5.0.0', 'Other undefined status', refused],
  [550, '5.1.0', 'Other address status', recipient],
  [550, '5.1.1', 'Bad destination mailbox address', recipient],
  [550, '5.1.2', 'Bad destination system address', recipient],
  [501, '5.1.3', 'Bad destination mailbox address syntax', recipient],
  [550, '5.1.4', 'Destination mailbox address ambiguous', recipient],
  [551, '5.1.6', 'Destination mailbox has moved, no forwarding address', recipient],
  [550, '5.1.7', "Bad sender's mailbox address syntax", refused],
  [550, '5.1.8', "Bad sender's system address", refused],
  [550, '5.1.9', 'Message relayed to non-compliant mailer', refused],
  [556, '5.1.10', 'Recipient address has null MX', recipient],
  [550, '5.2.0', 'Other or undefined mailbox status', refused],
  [550, '5.2.1', 'Mailbox disabled, not accepting messages', recipient],
  [552, '5.2.2', 'Mailbox full', refused],
  [552, '5.2.3', 'Message length exceeds administrative limit', refused],
  [550, '5.2.4', 'Mailing list expansion problem', refused],
  [550, '5.3.0', 'Other or undefined mail system status', refused],
  [552, '5.3.1', 'Mail system full', refused],
  [550, '5.3.2', 'System not accepting network messages', refused],
  [550, '5.3.3', 'System not capable of selected features', refused],
  [552, '5.3.4', 'Message too big for system', refused],
  [550, '5.3.5', 'System incorrectly configured', refused],
  [550, '5.4.0', 'Other or undefined network or routing status', refused],
  [550, '5.4.1', 'No answer from host', refused],
  [550, '5.4.4', 'Unable to route', refused],
  [550, '5.4.6', 'Routing loop detected', refused],
  [550, '5.4.7', 'Delivery time expired', refused],
  [554, '5.5.0', 'Other or undefined protocol status', refused],
  [500, '5.5.2', 'Syntax error', refused],
  [555, '5.5.4', 'Invalid command arguments', refused],
  [452, '4.5.3', 'Too many recipients', later],
  [554, '5.6.0', 'Other or undefined media error', refused],
  [553, '5.6.7', 'Non-ASCII addresses not permitted for that recipient', refused],
  [550, '5.7.0', 'Other or undefined security status', content],
  [550, '5.7.1', 'Delivery not authorized, message refused', content],
  [550, '5.7.2', 'Mailing list expansion prohibited', content],
  [550, '5.7.20', 'No passing DKIM signature found', content],
  [550, '5.7.23', 'SPF validation failed', content],
  [550, '5.7.25', 'Reverse DNS validation failed', content],
  [550, '5.7.26', 'Multiple authentication checks failed', content],
  [550, '5.7.27', 'Sender address has null MX', content],
  [550, '5.7.28', 'Mail flood detected', content],
  [450, '4.1.1', 'Bad destination mailbox address, for now', later],
  [450, '4.2.1', 'Mailbox disabled, for now', later],
  [452, '4.2.2', 'Mailbox full, for now', later],
  [452, '4.3.1', 'Mail system full, for now', later],
  [421, '4.3.2', 'System not accepting network messages, for now', later],
  [451, '4.4.1', 'No answer from host, for now', later],
  [451, '4.4.3', 'Directory server failure', later],
  [450, '4.7.0', 'Other security status, for now', later],
  [451, '4.7.1', 'Greylisted, come back later', later],
  [451, '4.7.24', 'SPF validation error', later],
  [450, '4.7.25', 'Reverse DNS validation failed, for now', later],
  [421, '4.7.28', 'Mail flood detected, for now', later],
]

/** What replies mean at the other commands. */
const elsewhere: readonly (readonly [Refusal['at'], number, string, Read])[] = [
  ['AUTH', 432, '4.7.12 A password transition is needed', later],
  ['AUTH', 454, '4.7.0 Temporary authentication failure', later],
  ['AUTH', 421, '4.3.2 Shutting down', later],
  ['AUTH', 500, '5.5.6 Authentication exchange line is too long', blocked],
  ['AUTH', 534, '5.7.9 Authentication mechanism is too weak', blocked],
  ['AUTH', 535, '5.7.8 Authentication credentials invalid', blocked],
  ['AUTH', 538, '5.7.11 Encryption required for requested authentication mechanism', blocked],
  ['AUTH', 554, '5.7.14 Trust relationship required', blocked],
  ['MAIL FROM', 530, '5.7.0 Authentication required', blocked],
  ['MAIL FROM', 550, '5.1.7 Bad sender address syntax', blocked],
  ['MAIL FROM', 550, '5.1.8 Bad sender system address', blocked],
  ['MAIL FROM', 550, '5.7.1 Not your address', blocked],
  ['MAIL FROM', 553, '5.7.1 Sender address rejected', blocked],
  ['MAIL FROM', 552, '5.3.4 Message too big for system', content],
  ['MAIL FROM', 451, '4.3.0 Local error in processing', later],
  ['MAIL FROM', 452, '4.3.1 Insufficient system storage', later],
  ['MAIL FROM', 503, '5.5.1 Bad sequence of commands', later],
  ['RCPT TO', 550, 'No such user', recipient],
  ['RCPT TO', 551, 'User not local', recipient],
  ['RCPT TO', 553, 'Mailbox name not allowed', recipient],
  ['RCPT TO', 550, 'Relaying denied', refused],
  ['RCPT TO', 550, 'Blocked by a list', refused],
  ['RCPT TO', 552, 'Quota exceeded', refused],
  ['RCPT TO', 554, 'Transaction failed', refused],
  ['RCPT TO', 450, 'Mailbox busy', later],
  ['RCPT TO', 503, 'Bad sequence of commands', later],
  ['DATA', 421, '4.3.2 Shutting down', later],
  ['DATA', 450, '4.7.1 Greylisted', later],
  ['DATA', 451, '4.3.0 Local error in processing', later],
  ['DATA', 452, '4.3.1 No space', later],
  ['DATA', 550, '5.7.1 Message refused', content],
  ['DATA', 550, '5.6.1 Media not supported', content],
  ['DATA', 552, '5.3.4 Message too big for system', content],
  ['DATA', 552, '5.2.2 Mailbox full', content],
  ['DATA', 554, '5.6.0 Malformed', content],
  ['DATA', 554, '5.7.1 This is spam', content],
  ['DATA', 554, 'Transaction failed', content],
]

const message = anOutboundMessage({
  to: 'ana@example.com',
  content: { kind: 'email', subject: 'Hello', html: '<p>Hello</p>' },
})
const context = aSendContext()
let server: SmtpStandIn
beforeAll(async () => {
  server = await smtpServer()
})
afterAll(() => server.close())

async function sentWhile(refusal: Refusal): Promise<SendOutcome> {
  server.treat(refusal)
  const auth = { user: 'acme', pass: 'secret' }
  const client = nodemailer.createTransport({ host: '127.0.0.1', port: server.port, auth })
  return smtpChannel({ client, from: 'hello@acme.test' }).send(message, context)
}

describe('in a real conversation', () => {
  it.each(enhanced)('RCPT TO is answered by %i %s %s', async (code, status, words, read) => {
    const outcome = await sentWhile({ at: 'RCPT TO', code, text: `${status} ${words}` })
    expect(outcome).toEqual(read(`${code} ${status}`))
  })

  it.each(elsewhere)('%s is answered by %i %s', async (at, code, text, read) => {
    const status = /^\d\.\d+\.\d+/.exec(text)?.[0]
    const named = status === undefined || at === 'AUTH' ? String(code) : `${code} ${status}`
    expect(await sentWhile({ at, code, text })).toEqual(read(named))
  })
})
