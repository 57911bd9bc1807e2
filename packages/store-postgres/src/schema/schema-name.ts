import { ConfigurationError } from '@drumbeat/core'

/**
 * The name of the schema that holds all tables, quoted for use in statements.
 * @throws {ConfigurationError} when it is not a name of 1 to 63 letters, digits and underscores, or is one of PostgreSQL's own.
 */
export function quotedSchema(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name) && !/^pg_/i.test(name)) return `"${name}"`
  throw new ConfigurationError(
    `The schema ${JSON.stringify(name)} cannot be used. Give 1 to 63 letters, digits and underscores, not beginning with a digit ` +
      'or with "pg_".',
  )
}
