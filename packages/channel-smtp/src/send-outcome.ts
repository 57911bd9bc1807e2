import { outcomeOfNetworkError, type SendOutcome } from '@drumbeat/core'
import type { SmtpAnswer } from './smtp-channel.js'

/** What the server's last reply says; a transport that does not speak SMTP says only whom it took the mail for. */
export function outcomeOfAnswer({ accepted, response }: SmtpAnswer, messageId: string): SendOutcome {
  const isTaken = response === undefined ? accepted?.length !== 0 : /^2\d\d/.test(response)
  return isTaken ? { outcome: 'accepted', providerId: messageId } : { outcome: 'unknown', code: 'unreadable_answer' }
}

interface SmtpError {
  /** Nodemailer's word for the kind of error. */
  readonly code: string
  /** The command that failed; `CONN` for the connection, `API` for what never reached it. */
  readonly command: string
  /** The server's reply code; null = it gave none. */
  readonly replyCode: number | null
  readonly response: string
  readonly timeoutType: string
  readonly message: string
}

const beforeMail: ReadonlySet<string> = new Set(['EHLO', 'HELO', 'LHLO', 'STARTTLS'])

/**
 * What nodemailer throws. A reply is proof in either direction (RFC 5321 section 4.2.1): 4yz may be tried again, 5yz may not. Without a
 * reply only an error before the mail was begun is proof.
 */
export function outcomeOfError(error: unknown): SendOutcome {
  const smtp = read(error)
  if (smtp.code === 'EAUTH' || smtp.command.startsWith('AUTH')) return outcomeOfLogin(smtp)
  if (smtp.replyCode !== null) return outcomeOfReply(smtp, smtp.replyCode)
  return outcomeWithoutReply(smtp, error)
}

function outcomeOfLogin({ replyCode, command }: SmtpError): SendOutcome {
  if (replyCode === null && command === 'CONN') return { outcome: 'not_accepted', code: 'EAUTH', retryAfterMs: null }
  if (replyCode !== null && replyCode < 500) return tryAgain(String(replyCode))
  return { outcome: 'blocked', code: replyCode === null ? 'EAUTH' : String(replyCode) }
}

function outcomeOfReply({ command, response, code: kind }: SmtpError, replyCode: number): SendOutcome {
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1] ?? ''
  const code = enhanced === '' ? String(replyCode) : `${replyCode} ${enhanced}`
  if (replyCode === 530 || replyCode === 535) return { outcome: 'blocked', code }
  if (beforeMail.has(command) || (command === 'CONN' && kind === 'EPROTOCOL')) return tryAgain(code)
  // Bad sequence of commands: the session is at fault, not the mail.
  if ((replyCode >= 400 && replyCode < 500) || replyCode === 503) return tryAgain(code)
  if (replyCode < 500) return { outcome: 'unknown', code }
  if (command === 'MAIL FROM' && !enhanced.startsWith('5.3.')) return { outcome: 'blocked', code }
  if (command !== 'RCPT TO' || enhanced.startsWith('5.7.')) return { outcome: 'rejected', code, reason: 'content' }
  return isAboutAddress(replyCode, enhanced, response)
    ? { outcome: 'rejected', code, reason: 'recipient' }
    : { outcome: 'rejected', code }
}

/**
 * Whether a refused recipient does not exist or is closed. A full mailbox, a policy and a server that does not relay say nothing about the
 * address.
 * @see https://www.rfc-editor.org/rfc/rfc3463#section-3.2
 */
function isAboutAddress(replyCode: number, enhanced: string, response: string): boolean {
  if (enhanced !== '') return /^5\.(1\.([0-46]|10)|2\.1)$/.test(enhanced)
  return [501, 550, 551, 553].includes(replyCode) && !/relay|spam|block|black|denied|policy|full|quota/i.test(response)
}

function outcomeWithoutReply({ code, command, timeoutType, message }: SmtpError, error: unknown): SendOutcome {
  switch (code) {
    case 'EDNS':
    case 'ETLS':
    case 'EREQUIRETLS':
    case 'EPROXY':
      return tryAgain(code)
    case 'ENOAUTH':
    case 'EOAUTH2':
    case 'ECONFIG':
      return { outcome: 'blocked', code }
    // A reply without a code: to the envelope, before the text; or to the text, when nobody knows.
    case 'EENVELOPE':
      if (command !== 'API') return tryAgain(code)
      return { outcome: 'rejected', code, reason: /recipient/i.test(message) ? 'recipient' : 'content' }
    case 'EMESSAGE':
      return command === 'DATA' ? { outcome: 'unknown', code } : { outcome: 'rejected', code, reason: 'content' }
    case 'ETIMEDOUT':
      return timeoutType === 'CONNECT_TIMEOUT' || timeoutType === 'GREETING_TIMEOUT'
        ? tryAgain(timeoutType)
        : { outcome: 'unknown', code }
    default:
      return beforeMail.has(command) ? tryAgain(code) : outcomeOfNetworkError(error)
  }
}

function tryAgain(code: string): SendOutcome {
  return { outcome: 'not_accepted', code, retryAfterMs: null }
}

function read(error: unknown): SmtpError {
  const fields = new Map(typeof error === 'object' && error !== null ? Object.entries(error) : [])
  const text = (name: string): string => (typeof fields.get(name) === 'string' ? String(fields.get(name)) : '')
  const replyCode = fields.get('responseCode')
  return {
    code: text('code'),
    command: text('command'),
    replyCode: typeof replyCode === 'number' && replyCode > 0 ? replyCode : null,
    response: text('response'),
    timeoutType: text('timeoutType'),
    message: error instanceof Error ? error.message : '',
  }
}
