import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Keeps the end of what a server writes, and waits for a line of it.
 * @param {string} name what the server is called in messages
 * @param {import('node:child_process').ChildProcessWithoutNullStreams} child
 */
export function logOf(name, child) {
  const log = {
    text: '',
    /** @returns {Promise<void>} */
    until: (/** @type {string} */ line) =>
      new Promise((resolve, reject) => {
        const look = () => log.text.includes(line) && resolve()
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        child.once('error', reject)
        child.once('close', (code) => reject(new Error(`${name} ended with code ${code}:\n${log.text}`)))
      }),
  }
  const keep = (/** @type {Buffer} */ chunk) => {
    log.text = (log.text + chunk).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return log
}

/** A port of the loopback interface that nobody listens on. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address())
  probe.close()
  await once(probe, 'close')
  return port
}
