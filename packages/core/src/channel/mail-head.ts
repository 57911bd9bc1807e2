/** The headers of a mail as they stand at its beginning, by name, folded lines joined; of a repeated one the first. */
export function mailHead(head: string): Readonly<Record<string, string>> {
  const lines = head
    .slice(0, 64_000)
    .replace(/\r\n?/g, '\n')
    .replace(/\n[ \t]+/g, ' ')
    .split('\n')
  const found = new Map<string, readonly [string, string]>()
  for (const line of lines) {
    if (line === '') break
    const [, name, value = ''] = /^([!-9;-~]{1,76}):\s*(.*)$/.exec(line) ?? []
    if (name !== undefined && !found.has(name.toLowerCase())) found.set(name.toLowerCase(), [name, value.trim()])
  }
  return Object.fromEntries(found.values())
}
