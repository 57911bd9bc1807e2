import { createHash } from 'node:crypto'
import type { RedisConnection } from './connection.js'

/** One atomic step on the server, and what Redis calls it by. */
export interface Script {
  readonly text: string
  readonly sha1: string
}

/** A script, ready to be run by its name. */
export function scriptOf(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

/** Runs a script by its name; a server that does not know it yet is sent its text. On a Cluster the keys share a hash tag. */
export async function runScript(
  connection: Pick<RedisConnection, 'evalsha' | 'eval'>,
  { text, sha1 }: Script,
  keys: readonly string[],
  values: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await connection.evalsha(sha1, keys.length, ...keys, ...values)
  } catch (error) {
    if (String(error).includes('NOSCRIPT')) return connection.eval(text, keys.length, ...keys, ...values)
    throw error
  }
}
