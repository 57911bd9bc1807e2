import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRedis } from './redis-binaries.mjs'
import { freePort, logOf } from './server-process.mjs'

/**
 * Starts a real Redis server of our own, on a free port of the loopback interface. It keeps everything in memory: what is
 * in it is gone when it goes down.
 *
 * @param {Record<string, string | number>} [settings] server settings, as in redis.conf
 */
export async function startRedis(settings = {}) {
  const { program, env } = await findRedis()
  const directory = mkdtempSync(join(tmpdir(), 'drumbeat-redis-'))
  const port = await freePort()
  /** @type {import('node:child_process').ChildProcessWithoutNullStreams | undefined} */
  let server
  process.once('exit', abandon)
  await up()

  async function up() {
    const all = { bind: '127.0.0.1', port, dir: directory, save: '', appendonly: 'no', daemonize: 'no', ...settings }
    const options = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)])
    server = spawn(program, options, { cwd: directory, env: { ...process.env, ...env } })
    await logOf('Redis', server).until('Ready to accept connections')
  }

  async function down() {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const closed = once(server, 'close')
    server.kill('SIGKILL')
    await closed
  }

  /** What can still be done while our own process exits without having called `stop()`. */
  function abandon() {
    server?.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    /** Starts it again, empty, on the same port. */
    up,
    /** Ends it at once, as a crash would. */
    down,
    async stop() {
      await down()
      process.off('exit', abandon)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
