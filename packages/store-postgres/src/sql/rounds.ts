/**
 * Splits a list so that no round holds a key twice, in the order of the list: a set statement takes each row once, and what is named
 * again comes in a statement of its own.
 */
export function rounds<Item>(items: readonly Item[], keyOf: (item: Item) => string | number): readonly Item[][] {
  const seen = new Map<string | number, number>()
  const split: Item[][] = []
  for (const item of items) {
    const key = keyOf(item)
    const round = seen.get(key) ?? 0
    seen.set(key, round + 1)
    const members = split[round]
    if (members === undefined) split.push([item])
    else members.push(item)
  }
  return split
}

/** Texts joined so that no two lists of them give the same key. */
export function keyOf(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `${String(part).length}:${part}`).join('')
}
