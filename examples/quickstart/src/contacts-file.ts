import type { ContactInput } from '@drumbeat/core'

/** What a file of contacts held. */
export interface ContactsFile {
  readonly contacts: readonly ContactInput[]
  /** Lines that could not be read, each with its number and what is wrong. The rest was read. */
  readonly problems: readonly string[]
}

const columns = ['id', 'firstName', 'email', 'phone', 'zone', 'company', 'plan'] as const

/** Reads contacts from comma-separated text with a header. Values in quotes may hold commas; no value holds a line break. */
export function readContacts(text: string): ContactsFile {
  const contacts: ContactInput[] = []
  const problems: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (index === 0 || line.trim() === '') continue
    const values = valuesOf(line)
    if (values === null) problems.push(`Line ${index + 1}: a quote is opened and never closed.`)
    else if (values.length !== columns.length) {
      problems.push(
        `Line ${index + 1}: it has ${values.length} values; ${columns.length} are expected (${columns.join(', ')}).`,
      )
    } else contacts.push(contactOf(values))
  }
  return { contacts, problems }
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
