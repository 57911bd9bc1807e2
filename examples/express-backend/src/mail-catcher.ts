import { mailHead } from '@drumbeat/core'
import { SMTPServer } from 'smtp-server'

/** An SMTP server for this machine alone: takes every mail, prints it, and delivers it to nobody. */
export async function catchMails(port: number): Promise<{ close(): void }> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, { envelope }, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const { Subject, 'List-Unsubscribe': unsubscribe } = mailHead(Buffer.concat(parts).toString())
        console.log(`Mail to ${envelope.rcptTo.map(({ address }) => address).join(', ')}: ${Subject}`)
        if (unsubscribe !== undefined) console.log(`  List-Unsubscribe: ${unsubscribe}`)
        done()
      })
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return { close: () => server.close() }
}
