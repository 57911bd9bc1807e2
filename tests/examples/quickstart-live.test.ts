import { execFile } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SMTPServer } from 'smtp-server'
import { expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../examples/quickstart/src/main.ts', import.meta.url))
const quickstart = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', '--conditions=@drumbeat/source', main, ...args])

it('the quickstart sends its mails for real through an SMTP server, to one address only', async () => {
  const mails: { readonly to: readonly string[]; readonly text: string }[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          text: Buffer.concat(parts).toString(),
        })
        done()
      })
    },
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  try {
    const { port } = server.server.address() as AddressInfo
    const { stdout } = await quickstart('--live', `smtp://127.0.0.1:${port}`, '--to', 'you@example.com')
    expect(stdout.match(/sent/g)).toHaveLength(5)
    expect(mails.map(({ to }) => to)).toEqual(Array.from({ length: 5 }, () => ['you@example.com']))
    expect(mails[0]?.text).toContain('Subject: Welcome, you')
    expect(mails.every(({ text }) => /^List-Unsubscribe: /m.test(text))).toBe(true)
  } finally {
    await new Promise<void>((resolve) => {
      server.close(resolve)
    })
  }
})

it('the quickstart says what is wrong with --live', async () => {
  await expect(quickstart('--live', 'localhost')).rejects.toMatchObject({
    stderr: expect.stringContaining('SMTP server'),
  })
  await expect(quickstart('--live', 'smtp://localhost')).rejects.toMatchObject({
    stderr: expect.stringContaining('--to'),
  })
})
