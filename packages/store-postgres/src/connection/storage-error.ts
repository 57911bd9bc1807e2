import { ConfigurationError, isDrumbeatError, StorageError } from '@drumbeat/core'

/** What is asked of an error of a database driver. */
interface DriverError {
  readonly message: string
  /** A SQLSTATE, or the code of a network or file error. */
  readonly code: string
}

/** Codes of errors that a changed value would not have caused: PostgreSQL's classes 22 (data) and 23 (integrity). */
const dataError = /^2[23]/
/** A text that the database cannot keep: a NUL, or what is no Unicode, also as an escape in JSON. */
const textErrors: ReadonlySet<string> = new Set(['22021', '22P05'])
/** The two errors that mean: nothing is wrong, run the transaction again. */
const conflictCodes: ReadonlySet<string> = new Set(['40001', '40P01'])
/** What a session says that does not know a prepared statement, or has one of another's: it is not the one that prepared it. */
const preparedElsewhereCodes: ReadonlySet<string> = new Set(['26000', '42P05'])
const lostCodes =
  /^(08...|57P0[1-5]|25P0[34]|ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/
const lostMessages =
  /connection terminated|connection error|client was closed|timeout exceeded when trying to connect|server closed the connection/i
const closedMessages = /cannot use a pool after calling end|pglite is (closed|closing)/i

/** True when running the same transaction again may succeed: a deadlock, or a serialization failure. */
export function isTransactionConflict(error: unknown): boolean {
  return conflictCodes.has(codeOf(error))
}

/** True when a pooler has given us another session than the one that prepared the statement. Nothing was done. */
export function isPreparedElsewhere(error: unknown): boolean {
  return preparedElsewhereCodes.has(codeOf(error))
}

/** True when the database refused a value, and would refuse it again. */
export function isDataError(error: unknown): boolean {
  return dataError.test(codeOf(error))
}

/** True when a row with the same key is there already. */
export function isDuplicate(error: unknown): boolean {
  return codeOf(error) === '23505'
}

/** True when the savepoint we asked for had no transaction to stand in. */
export function isOutsideTransaction(error: unknown): boolean {
  return codeOf(error) === '25P01'
}

/** True when the disk has no room for the log that every write needs. */
export function isLogFull(error: unknown): boolean {
  return codeOf(error) === '53100' && messageOf(error).includes('pg_wal')
}

/** True when the session is gone, so that its connection must not be used again. */
export function isConnectionLost(error: unknown): boolean {
  return lostCodes.test(codeOf(error)) || lostMessages.test(messageOf(error))
}

/**
 * Says what went wrong with the database in a sentence that tells what to do. Errors that did not come from a database are
 * returned as they are. The driver's error is cut down to its code and message: its details hold the values of rows.
 */
export function toStorageError(error: unknown): unknown {
  if (isDrumbeatError(error) || !(error instanceof Error)) return error
  const code = codeOf(error)
  const cause = Object.assign(new Error(withoutValues(error.message)), { code })
  if (textErrors.has(code)) {
    const problem = 'A text with a NUL character or half a surrogate pair cannot be stored. Remove the character.'
    return new ConfigurationError(problem, { cause })
  }
  const found = explain({ message: error.message, code })
  if (found === null) return error
  return new StorageError(found.sentence, { retryable: found.retryable, cause })
}

function explain({ code, message }: DriverError): { readonly sentence: string; readonly retryable: boolean } | null {
  if (closedMessages.test(message)) {
    return {
      sentence: 'The database connection has been closed by the host. Open it before using the store.',
      retryable: false,
    }
  }
  if (lostCodes.test(code) || lostMessages.test(message)) {
    return {
      sentence:
        'The connection to the database was lost or could not be made. Check that the database runs and can be reached. ' +
        'A transaction whose commit was under way may or may not have been committed.',
      retryable: true,
    }
  }
  if (code === '53100' || code === 'ENOSPC') {
    return { sentence: 'The disk of the database is full. Free some space; nothing was written.', retryable: true }
  }
  if (code === '53300') {
    return {
      sentence:
        'The database has no free connection. Raise max_connections, or lower the sizes of the pools that share it.',
      retryable: true,
    }
  }
  if (code === '57014' || code === '55P03') {
    return { sentence: 'The database did not answer in time: a lock is held, or it is overloaded.', retryable: true }
  }
  if (conflictCodes.has(code)) {
    return { sentence: 'The transaction kept colliding with others and was given up. Try again.', retryable: true }
  }
  if (code === '3F000' || code === '42P01' || code === '42703') {
    return {
      sentence: 'The tables are not there, or of another version. Call open() first; it creates and migrates them.',
      retryable: false,
    }
  }
  if (code === '42501') {
    return { sentence: 'The database user lacks a right that the store needs on its schema.', retryable: false }
  }
  if (code === '25P02') {
    return {
      sentence: 'An earlier statement of this transaction has failed, so it can only be rolled back.',
      retryable: false,
    }
  }
  if (dataError.test(code)) {
    return {
      sentence: `The database refused a value (SQLSTATE ${code}).`,
      retryable: false,
    }
  }
  if (/^[0-9A-Z]{5}$/.test(code))
    return { sentence: `The database answered with an error (SQLSTATE ${code}).`, retryable: /^5[378]/.test(code) }
  if (/^RuntimeError|Aborted\(/.test(message)) {
    return { sentence: 'The embedded database has crashed. Close the store and open it again.', retryable: false }
  }
  return null
}

/** What stands behind the last colon in quotes is a value of somebody's. */
function withoutValues(message: string): string {
  return message.replace(/: ".*$/s, '')
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && !isDrumbeatError(error)) return code
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? '' : codeOf(cause)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
