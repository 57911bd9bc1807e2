import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { ProviderAnswer, ProviderStandIn } from '@drumbeat/core/testing'
import { SMTPServer } from 'smtp-server'

/** A refusal with the code and the text of an SMTP reply. */
export interface Refusal {
  readonly at: 'AUTH' | 'MAIL FROM' | 'RCPT TO' | 'DATA'
  readonly code: number
  readonly text: string
}

/** How an SMTP server treats a mail: it takes it, refuses it, or breaks off behind its last byte. */
export type Treatment = 'take' | 'reset' | 'close' | 'gibberish' | 'silence' | Refusal

/** A real SMTP server on the loopback. */
export interface SmtpStandIn {
  readonly port: number
  /** Every mail that came to its end or was refused: envelope and text. */
  readonly requests: readonly string[]
  treat(how: Treatment): void
  close(): Promise<void>
}

/** Starts an SMTP server that takes mails of one login. */
export async function smtpServer(): Promise<SmtpStandIn> {
  const requests: string[] = []
  let how: Treatment = 'take'
  const sockets = new Set<Socket>()
  const refused = (at: Refusal['at'], what: string): Error | null => {
    if (typeof how !== 'object' || how.at !== at) return null
    if (at !== 'DATA') requests.push(`${at} ${what}`)
    return Object.assign(new Error(how.text), { responseCode: how.code })
  }
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    hideENHANCEDSTATUSCODES: true,
    logger: false,
    onAuth: ({ username }, _, done) => done(refused('AUTH', username ?? ''), { user: username ?? '' }),
    onMailFrom: ({ address }, _, done) => done(refused('MAIL FROM', address)),
    onRcptTo: ({ address }, _, done) => done(refused('RCPT TO', address)),
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { rcptTo } = session.envelope
        requests.push(
          `RCPT TO ${rcptTo.map(({ address }) => address).join()}\n${Buffer.concat(chunks).toString('utf8')}`,
        )
        const [socket] = sockets
        if (how === 'reset') socket?.resetAndDestroy()
        else if (how === 'close') socket?.destroy()
        else if (how === 'gibberish') socket?.write('HTTP/1.1 200 OK\r\n')
        else if (how !== 'silence') done(refused('DATA', ''), 'Queued')
      })
    },
  })
  server.on('error', () => {})
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    requests,
    treat(next) {
      how = next
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

const treatments: { readonly [How in ProviderAnswer]: Treatment } = {
  accept: 'take',
  reject: { at: 'RCPT TO', code: 550, text: '5.1.1 No such user here' },
  too_many_requests: { at: 'RCPT TO', code: 450, text: '4.7.1 Too many mails, come back later' },
  bad_credentials: { at: 'AUTH', code: 535, text: '5.7.8 Authentication credentials invalid' },
  server_error: 'gibberish',
  reset: 'reset',
  unreadable: 'gibberish',
  silence: 'silence',
}

/** The server as the conformance suite wants it. */
export function standInOf(server: SmtpStandIn): ProviderStandIn {
  return {
    requests: server.requests,
    answer: (how) => server.treat(treatments[how]),
    refuseConnections: () => server.close(),
  }
}

const single: readonly string[] = [
  'date',
  'from',
  'to',
  'reply-to',
  'subject',
  'message-id',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
]

/**
 * What breaks the rules for mails, each as a sentence; empty = any server may take it.
 * @see https://www.rfc-editor.org/rfc/rfc5322
 */
export function problemsOfMail(mail: string): readonly string[] {
  const [head = ''] = mail.split('\r\n\r\n')
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const names = lines.map((line) => line.split(':')[0]?.toLowerCase() ?? '')
  const count = (name: string): number => names.filter((one) => one === name).length
  return [
    ...(/[^\r]\n|\r[^\n]/.test(mail) ? ['a line ends without CRLF'] : []),
    ...(mail.split('\r\n').some((line) => line.length > 998) ? ['a line has more than 998 characters'] : []),
    ...(/[^\t\n\r -~]/.test(mail) ? ['it has more than printable ASCII'] : []),
    ...lines.filter((line) => !/^[!-9;-~]+: /.test(line)).map((line) => `"${line}" is no header`),
    ...single.filter((name) => count(name) > 1).map((name) => `${name} stands there ${count(name)} times`),
    ...['date', 'from', 'to', 'message-id', 'mime-version', 'content-type']
      .filter((name) => count(name) === 0)
      .map((name) => `${name} is missing`),
  ]
}
