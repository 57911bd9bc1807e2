import { StorageError } from '@drumbeat/core'

/**
 * What the work resolves with, unless it takes too long. Work that is given up goes on unobserved.
 * @throws {StorageError} that may be tried again, when Redis fails or does not answer within `ms`.
 */
export async function within<Result>(ms: number, what: string, work: Promise<Result>): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  work.catch(() => {})
  try {
    return await Promise.race([work, tooLong])
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StorageError(`Redis cannot be used for ${what}: ${why}.`, { retryable: true, cause })
  } finally {
    clearTimeout(timer)
  }
}
