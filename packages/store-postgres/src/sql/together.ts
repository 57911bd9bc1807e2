/**
 * Waits for statements that were handed to one connection at once, and throws what the first one failed with. It waits for all of them:
 * when a transaction ends, nothing of it may still be on its way. The connection keeps their order, and each of them sees what was
 * committed before it began, as if it had been waited for; a driver that pipelines saves the way between them.
 */
export async function together<const Statements extends readonly Promise<unknown>[]>(
  statements: Statements,
): Promise<{ -readonly [Index in keyof Statements]: Awaited<Statements[Index]> }> {
  const results = await Promise.allSettled(statements)
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  }) as { -readonly [Index in keyof Statements]: Awaited<Statements[Index]> }
}
