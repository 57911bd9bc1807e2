import { setTimeout as pause } from 'node:timers/promises'
import type { Rate } from '@drumbeat/core'
import { redisLimiter } from '../src/index.js'
import { connect } from './servers.js'

/** What one of several processes that send through one account is given. */
export interface SenderTask {
  readonly url: string
  readonly prefix: string
  readonly rate: Rate
  readonly forMs: number
}

/** Units that were granted, at some instant from when they were asked for to when the answer was there. */
export interface Grant {
  readonly askedAt: number
  readonly answeredAt: number
  readonly units: number
}

/** The key whose presence lets all senders begin. */
export const startKey = (prefix: string): string => `{${prefix}:start}`

const loops = 4
/** As for a batch of messages; the next of them has so many segments at most. */
const unitsAtOnce = 12
const mostSegments = 3

/** The child: asks as fast as it can, in several loops, and prints what it was granted. */
async function work({ url, prefix, rate, forMs }: SenderTask): Promise<void> {
  const connection = connect(url)
  // Its own part of the rate, which it would keep to without Redis, is not what is measured.
  const limiter = redisLimiter({ connection, prefix, timeoutMs: 10_000 })
  const grants: Grant[] = []
  await connection.ping()
  console.log('ready')
  while ((await connection.exists(startKey(prefix))) === 0) await pause(5)
  const until = Date.now() + forMs
  const ask = async (): Promise<void> => {
    while (Date.now() < until) {
      const atLeast = 1 + Math.floor(Math.random() * mostSegments)
      const askedAt = Date.now()
      const key = { account: 'twilio', sender: '' }
      const reserved = await limiter.reserve({ key, rate, units: unitsAtOnce, atLeast, now: askedAt })
      if (reserved.granted > 0) grants.push({ askedAt, answeredAt: Date.now(), units: reserved.granted })
      else await pause(reserved.retryAfterMs)
    }
  }
  await Promise.all(Array.from({ length: loops }, ask))
  console.log(JSON.stringify(grants))
  connection.disconnect()
}

const given = process.argv[2]
if (given?.startsWith('{') === true) await work(JSON.parse(given) as SenderTask)
