import { connect } from 'node:net'

/** How requests were answered. */
export interface LoadResult {
  readonly perSecond: number
  readonly p99Ms: number
}

const connections = 64

/**
 * Posts ready-made requests over connections that stay open, each answered before its next one, as fast as they are answered or
 * `perSecond` at most. Written on bare sockets, so that the machine is the server's.
 * @throws {Error} when an answer is not 200.
 */
export async function load(
  port: number,
  requests: readonly Buffer[],
  perSecond = Number.POSITIVE_INFINITY,
): Promise<LoadResult> {
  const waiting = requests.entries()
  const tookMs: number[] = []
  const startedAt = performance.now()
  const next = async (): Promise<readonly [Buffer, number] | null> => {
    const { value, done } = waiting.next()
    if (done === true) return null
    const [index, request] = value
    const dueAt = startedAt + (index * 1000) / perSecond
    const wait = dueAt - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    // From when it should have gone out: a server that holds others up does not make them look quick.
    return [request, perSecond === Number.POSITIVE_INFINITY ? performance.now() : dueAt]
  }
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1').setNoDelay()
      let sentAt = 0
      let answer = ''
      const post = async (): Promise<void> => {
        const one = await next()
        if (one === null) {
          socket.end()
          resolve()
          return
        }
        sentAt = one[1]
        socket.write(one[0])
      }
      socket.on('error', reject)
      socket.on('connect', post)
      socket.on('data', (part) => {
        answer += part
        if (!answer.endsWith('<Response/>') && !answer.endsWith('0\r\n\r\n')) {
          if (answer.startsWith('HTTP/1.1 200')) return
        }
        if (!answer.startsWith('HTTP/1.1 200')) {
          reject(new Error(`A webhook was answered: ${answer.slice(0, 500)}`))
          socket.destroy()
          return
        }
        tookMs.push(performance.now() - sentAt)
        answer = ''
        void post()
      })
    })
  await Promise.all(Array.from({ length: connections }, work))
  const seconds = (performance.now() - startedAt) / 1000
  tookMs.sort((a, b) => a - b)
  return { perSecond: requests.length / seconds, p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? 0 }
}
