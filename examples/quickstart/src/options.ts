/** What the command line asks for. */
export interface Options {
  readonly fresh: boolean
  readonly live: boolean
  readonly help: boolean
}

/** What can be asked for. */
export const usage = `Plays a two-week campaign for 520 people on a virtual clock, with its data in an embedded database.

  npm run quickstart               goes on where the last run ended, or begins
  npm run quickstart -- --fresh    starts over
  npm run quickstart -- --live     would send for real`

/** Reads the arguments; one that is not known is returned as `unknown`. */
export function readOptions(args: readonly string[]): Options | { readonly unknown: string } {
  const unknown = args.find((arg) => !['--fresh', '--live', '--help'].includes(arg))
  if (unknown !== undefined) return { unknown }
  return { fresh: args.includes('--fresh'), live: args.includes('--live'), help: args.includes('--help') }
}
