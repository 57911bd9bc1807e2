import { parseArgs } from 'node:util'
import type { Live } from './live.js'

/** What the command line asks for. */
export interface Options {
  readonly fresh: boolean
  readonly help: boolean
  /** Null = send to nobody. */
  readonly live: Live | null
}

/** What can be asked for. */
export const usage = `Plays a two-week campaign for 520 people on a virtual clock, with its data in an embedded database.

  npm run quickstart               goes on where the last run ended, or begins
  npm run quickstart -- --fresh    starts over
  npm run quickstart -- --live smtp://localhost:1025 --to you@example.com [--from 'Acme <hello@example.com>']
                                   sends its mails for real, through that server and to that address only`

/** Reads the arguments; what is wrong with them is returned as a sentence. */
export function readOptions(args: readonly string[]): Options | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        live: { type: 'string' },
        to: { type: 'string' },
        from: { type: 'string', default: 'Acme <hello@example.com>' },
      },
    })
    const { fresh, help, live: server, to, from } = values
    if (server === undefined) return { fresh, help, live: null }
    if (!/^smtps?:\/\//.test(server))
      return { problem: `--live takes an SMTP server such as smtp://localhost:1025, not "${server}".` }
    if (to === undefined) return { problem: '--live needs --to: the one address that the mails go to.' }
    return { fresh, help, live: { server, from, to } }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}
