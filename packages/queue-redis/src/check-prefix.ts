import { ConfigurationError } from '@drumbeat/core'

/**
 * Refuses a prefix that would break the hash tags of the keys.
 * @throws {ConfigurationError} when it is empty or has braces.
 */
export function checkPrefix(prefix: string): void {
  if (prefix !== '' && !/[{}]/.test(prefix)) return
  throw new ConfigurationError(`The prefix "${prefix}" is not empty and has no braces: those are the keys' hash tag.`)
}
