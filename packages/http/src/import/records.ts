/** One record of a text file: a line, or in CSV several, where a quoted cell has line breaks in it. */
export interface TextRecord {
  /** Where it begins, 1-based. */
  readonly line: number
  /** Without its line end; null = it is longer than allowed, and was skipped. */
  readonly text: string | null
}

/**
 * Splits a text into records as it comes, so that a file of any length needs no more memory than its longest record may have. Blank
 * ones are left out. A quoted cell that never ends is given up where the record is too long.
 */
export async function* recordsOf(
  chunks: AsyncIterable<Uint8Array>,
  { isCsv, maxChars }: { readonly isCsv: boolean; readonly maxChars: number },
): AsyncGenerator<TextRecord> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let isTooLong = false
  let isQuoted = false
  let line = 1
  let beganAt = 1
  function* take(piece: string): Generator<TextRecord> {
    let from = 0
    for (let at = 0; at < piece.length; at++) {
      const char = piece[at]
      if (isCsv && char === '"') isQuoted = !isQuoted
      if (char !== '\n') continue
      line++
      if (isQuoted && !isTooLong) continue
      keep(piece.slice(from, at))
      from = at + 1
      yield* end()
    }
    keep(piece.slice(from))
  }
  function keep(piece: string): void {
    if (isTooLong || text.length + piece.length > maxChars) {
      isTooLong = true
      text = ''
    } else {
      text += piece
    }
  }
  function* end(): Generator<TextRecord> {
    const record = text.endsWith('\r') ? text.slice(0, -1) : text
    if (isTooLong || record.trim() !== '') yield { line: beganAt, text: isTooLong ? null : record }
    text = ''
    isTooLong = false
    isQuoted = false
    beganAt = line
  }
  for await (const chunk of chunks) yield* take(decoder.decode(chunk, { stream: true }))
  yield* take(decoder.decode())
  yield* end()
}
