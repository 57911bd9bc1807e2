import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ordinaryUser } from './ordinary-user.mjs'
import { findPgbouncer } from './pgbouncer-binaries.mjs'
import { freePort, logOf } from './server-process.mjs'

/**
 * Starts a PgBouncer of our own in transaction mode, on a free port of the loopback interface: whoever connects gets another session of
 * PostgreSQL with each transaction.
 *
 * @param {{ url: string }} postgres the server behind it
 */
export async function startPgbouncer({ url }) {
  const { program, env } = await findPgbouncer()
  const user = ordinaryUser()
  const directory = mkdtempSync(join(tmpdir(), 'drumbeat-pgbouncer-'))
  const port = await freePort()
  const { hostname, port: behind, username } = new URL(url)
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    pool_mode: 'transaction',
    auth_type: 'any',
    max_client_conn: 1_000,
    default_pool_size: 40,
    // What a session was told is not told the next one: a setting that leaks would be found by chance only.
    server_reset_query_always: 0,
  }
  const file = join(directory, 'pgbouncer.ini')
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  writeFileSync(
    file,
    `[databases]\n* = host=${hostname} port=${behind} user=${username}\n[pgbouncer]\n${lines.join('\n')}\n`,
  )
  for (const one of user ? [directory, file] : []) chownSync(one, user?.uid ?? 0, user?.gid ?? 0)
  const server = spawn(program, [file], { ...user, cwd: directory, env: { ...process.env, ...env } })
  process.once('exit', abandon)
  await logOf('PgBouncer', server).until('process up')

  /** What can still be done while our own process exits without having called `stop()`. */
  function abandon() {
    server.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }

  return {
    url: url.replace(`:${behind}/`, `:${port}/`),
    async stop() {
      const closed = once(server, 'close')
      server.kill('SIGTERM')
      await closed
      process.off('exit', abandon)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
