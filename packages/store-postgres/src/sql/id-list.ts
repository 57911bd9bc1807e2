/** An aggregate of ids as one text: a row for each would cost more to read than most of what is done about it. */
export function idList(id: string): string {
  return `string_agg(${id}::text, ',')`
}

/** The ids that {@link idList} wrote down; null = there were none. */
export function idsIn(list: string | null | undefined): readonly number[] {
  return list == null ? [] : list.split(',').map(Number)
}
