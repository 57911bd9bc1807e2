import { ConfigurationError } from '../errors.js'

/** Runs checks that throw, and gives what they threw as sentences, one per failed check; empty = nothing is wrong. */
export function problemsOf(checks: readonly (() => unknown)[]): string[] {
  const problems: string[] = []
  for (const check of checks) {
    try {
      check()
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      problems.push(error.message)
    }
  }
  return problems
}
