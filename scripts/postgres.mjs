import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ordinaryUser } from './ordinary-user.mjs'
import { findPostgres } from './postgres-binaries.mjs'
import { freePort, logOf } from './server-process.mjs'

/**
 * Starts a real PostgreSQL server of our own: in a temporary directory, on a free port of the loopback interface. It
 * survives `restart()` as it would the death of its process, but not that of the machine: fsync is off, for speed.
 *
 * @param {Record<string, string | number>} [settings] server settings, as in postgresql.conf
 */
export async function startPostgres(settings = {}) {
  const user = ordinaryUser()
  const directory = mkdtempSync(join(tmpdir(), 'drumbeat-postgres-'))
  if (user) chownSync(directory, user.uid, user.gid)
  const binaries = await findPostgres(directory)
  const data = join(directory, 'data')
  const port = await freePort()
  /** @type {Awaited<ReturnType<typeof serve>> | undefined} */
  let server
  process.once('exit', abandon)
  await initialize()
  server = await serve()

  async function initialize() {
    const args = ['-D', data, '-U', 'drumbeat', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync']
    const initdb = spawn(binaries.initdb, args, { ...user, cwd: directory })
    const log = logOf('initdb', initdb)
    const [code] = await once(initdb, 'close')
    if (code !== 0) throw new Error(`initdb ended with code ${code}:\n${log.text}`)
  }

  async function serve() {
    const all = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      fsync: 'off',
      max_connections: 200,
      ...settings,
    }
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(binaries.postgres, ['-D', data, ...options], { ...user, cwd: directory })
    const log = logOf('PostgreSQL', child)
    await log.until('ready to accept connections')
    return child
  }

  /** @param {'SIGINT' | 'SIGQUIT'} signal PostgreSQL's fast shutdown, or its immediate one */
  async function end(signal) {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const closed = once(server, 'close')
    server.kill(signal)
    await closed
  }

  /** What can still be done while our own process exits without having called `stop()`. */
  function abandon() {
    server?.kill('SIGQUIT')
    rmSync(directory, { recursive: true, force: true })
  }

  return {
    url: `postgres://drumbeat@127.0.0.1:${port}/postgres`,
    /** Ends the server as a crash would (an immediate shutdown), then starts it again on the same port and data. */
    async restart() {
      await end('SIGQUIT')
      server = await serve()
    },
    async stop() {
      await end('SIGINT')
      process.off('exit', abandon)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
