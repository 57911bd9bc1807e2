/**
 * The cells of a CSV record (RFC 4180): separated by commas; a quoted cell may hold commas, line breaks and doubled quotes. Null = a quote
 * stands where none may be.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function cellsOf(record: string): readonly string[] | null {
  const cells: string[] = []
  for (let at = 0; ; at++) {
    let cell: string
    if (record[at] === '"') {
      const end = closingQuote(record, at + 1)
      if (end === null) return null
      cell = record.slice(at + 1, end).replaceAll('""', '"')
      at = end + 1
    } else {
      const comma = record.indexOf(',', at)
      const end = comma === -1 ? record.length : comma
      cell = record.slice(at, end)
      if (cell.includes('"')) return null
      at = end
    }
    cells.push(cell)
    if (at >= record.length) return cells
    if (record[at] !== ',') return null
  }
}

function closingQuote(record: string, from: number): number | null {
  for (let at = record.indexOf('"', from); at !== -1; at = record.indexOf('"', at + 2)) {
    if (record[at + 1] !== '"') return at
  }
  return null
}

/** What a column of a file of contacts stands for. */
export type Column =
  | { readonly part: 'id' | 'zone' | 'locale' | 'tags' }
  | { readonly part: 'addresses' | 'attributes'; readonly name: string }

/** Reads a head line: `id,zone,locale,tags,addresses.email,attributes.plan`. Text = what is wrong with it. */
export function columnsOf(cells: readonly string[] | null): readonly Column[] | string {
  if (cells === null) return 'The head line is not CSV.'
  const columns: Column[] = []
  for (const cell of cells.map((text) => text.trim())) {
    const [, part, name = ''] = /^(addresses|attributes)\.(.{1,255})$/.exec(cell) ?? []
    if (/^(id|zone|locale|tags)$/.test(cell)) columns.push({ part: cell as 'id' })
    else if (part !== undefined) columns.push({ part: part as 'addresses', name })
    else {
      const shown = JSON.stringify(cell.slice(0, 80))
      return `The column ${shown} is not known; columns are id, zone, locale, tags, addresses.<channel> and attributes.<name>.`
    }
  }
  const names = columns.map((column) => ('name' in column ? `${column.part}.${column.name}` : column.part))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) return `The column "${twice}" stands there twice.`
  return names.includes('id') ? columns : 'There is no column "id".'
}

/** A contact out of a record's cells. What is empty is not named, and stays as it is. Attributes are text; tags are separated by `;`. */
export function contactOf(columns: readonly Column[], cells: readonly string[]): unknown {
  const addresses: [string, string][] = []
  const attributes: [string, string][] = []
  const own: [string, unknown][] = []
  for (const [index, column] of columns.entries()) {
    const cell = cells[index]?.trim() ?? ''
    if (cell === '') continue
    if (column.part === 'addresses') addresses.push([column.name, cell])
    else if (column.part === 'attributes') attributes.push([column.name, cell])
    else own.push([column.part, column.part === 'tags' ? cell.split(';').map((tag) => tag.trim()) : cell])
  }
  return {
    ...Object.fromEntries(own),
    ...(addresses.length === 0 ? {} : { addresses: Object.fromEntries(addresses) }),
    ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) }),
  }
}
