import type { ContactInput } from '@drumbeat/core'

/** What a file of contacts held. */
export interface ContactsFile {
  readonly contacts: readonly ContactInput[]
  /** Lines that could not be read, each with its number and what is wrong. The rest was read. */
  readonly problems: readonly string[]
}

const columns = ['id', 'firstName', 'email', 'phone', 'zone', 'company', 'plan'] as const

/**
 * Reads contacts from comma-separated text with a header. Values in quotes may hold commas; no value holds a line break. A line that cannot
 * be read costs nobody else theirs.
 */
export function readContacts(text: string): ContactsFile {
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (header !== columns.join(',')) {
    return { contacts: [], problems: [`Line 1: the columns have to be ${columns.join(',')}; they are "${header}".`] }
  }
  const contacts: ContactInput[] = []
  const problems: string[] = []
  const lineOf = new Map<string, number>()
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const number = index + 2
    const values = valuesOf(line)
    const [id = ''] = values ?? []
    const problem = values === null ? 'a quote is opened and never closed' : problemOf(values, lineOf.get(id))
    if (values === null || problem !== null) {
      problems.push(`Line ${number}: ${problem}.`)
      continue
    }
    lineOf.set(id, number)
    contacts.push(contactOf(values))
  }
  return { contacts, problems }
}

function problemOf(values: readonly string[], sameIn: number | undefined): string | null {
  if (values.length !== columns.length)
    return `it has ${values.length} values; ${columns.length} are expected (${columns.join(', ')})`
  if (values[0] === '') return 'it has no id'
  return sameIn === undefined ? null : `the id "${values[0]}" is in line ${sameIn} already`
}

function contactOf([
  id = '',
  firstName = '',
  email = '',
  phone = '',
  zone = '',
  company = '',
  plan = '',
]: readonly string[]): ContactInput {
  return {
    id,
    zone: zone === '' ? null : zone,
    addresses: { ...(email === '' ? {} : { email }), ...(phone === '' ? {} : { sms: phone }) },
    attributes: { plan, ...(firstName === '' ? {} : { firstName }), ...(company === '' ? {} : { company }) },
  }
}

/** The values of a line; null = a quote is never closed. */
function valuesOf(line: string): readonly string[] | null {
  const values: string[] = []
  let [value, quoted] = ['', false]
  for (let index = 0; index < line.length; index++) {
    const character = line[index]
    if (character === '"' && quoted && line[index + 1] === '"') {
      value += '"'
      index++
    } else if (character === '"') quoted = !quoted
    else if (character === ',' && !quoted) {
      values.push(value)
      value = ''
    } else value += character
  }
  return quoted ? null : [...values, value]
}
