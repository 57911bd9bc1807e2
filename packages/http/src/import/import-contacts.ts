import { type ContactInput, guardJson, type Workspace } from '@drumbeat/core'
import type * as z from 'zod'
import { HttpProblem } from '../routing/problem.js'
import { issuesOf } from '../routing/validate.js'
import { contactInput, type importReport } from '../schemas/contact.js'
import { type Column, cellsOf, columnsOf, contactOf } from './csv.js'
import { recordsOf } from './records.js'

const contactsAtOnce = 500
const mostRefused = 1000

type Refusal = z.output<typeof importReport>['refused'][number]

/**
 * Takes contacts in as they come, some hundreds at a time. A line that is not one is refused and named, and the rest is taken. What was
 * taken before a connection breaks stays: to send the file again does no harm.
 */
export async function importContacts(
  workspace: Workspace,
  chunks: AsyncIterable<Uint8Array>,
  { isCsv, maxChars }: { readonly isCsv: boolean; readonly maxChars: number },
): Promise<z.output<typeof importReport>> {
  const importing = new Import(workspace)
  let columns: readonly Column[] | null = null
  for await (const { line, text } of recordsOf(chunks, { isCsv, maxChars })) {
    if (isCsv && columns === null) {
      const read = columnsOf(text === null ? null : cellsOf(text))
      if (typeof read === 'string') throw new HttpProblem(422, 'invalid_input', `Line ${line}: ${read}`)
      columns = read
    } else if (text === null) {
      importing.refuse(line, null, `it is longer than ${maxChars} characters, or a quote in it is never closed`)
    } else {
      await importing.take(line, text, columns)
    }
  }
  return importing.finish()
}

class Import {
  private created = 0
  private updated = 0
  private refusedCount = 0
  private readonly refused: Refusal[] = []
  private waiting = new Map<string, { readonly line: number; readonly contact: ContactInput }>()

  constructor(private readonly workspace: Workspace) {}

  async take(line: number, text: string, columns: readonly Column[] | null): Promise<void> {
    const given = columns === null ? readLine(text) : readCells(text, columns)
    if (typeof given === 'string') return this.refuse(line, null, given)
    const { data: contact, error } = contactInput.safeParse(given.value)
    if (contact === undefined) {
      return this.refuse(line, idOf(given.value), issuesOf(error)[0]?.message ?? 'it is not a contact')
    }
    // Of two lines on one contact the later one is to win, so they never share a batch.
    if (this.waiting.has(contact.id) || this.waiting.size >= contactsAtOnce) await this.write()
    this.waiting.set(contact.id, { line, contact })
  }

  refuse(line: number, contactId: string | null, problem: string): void {
    this.refusedCount++
    if (this.refused.length < mostRefused) this.refused.push({ line, contactId, problem })
  }

  async finish(): Promise<z.output<typeof importReport>> {
    await this.write()
    const { created, updated, refusedCount, refused } = this
    return { created, updated, refusedCount, refused: refused.sort((a, b) => a.line - b.line) }
  }

  private async write(): Promise<void> {
    const batch = this.waiting
    if (batch.size === 0) return
    this.waiting = new Map()
    const contacts = [...batch.values()].map(({ contact }) => contact)
    const { created, updated, problems } = await this.workspace.contacts.import(contacts)
    this.created += created
    this.updated += updated
    for (const { contactId, problem } of problems) this.refuse(batch.get(contactId)?.line ?? 0, contactId, problem)
  }
}

type Given = { readonly value: unknown }

function readLine(text: string): Given | string {
  try {
    return { value: guardJson(JSON.parse(text)) }
  } catch (error) {
    return error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : 'it is refused'
  }
}

function readCells(text: string, columns: readonly Column[]): Given | string {
  const cells = cellsOf(text)
  if (cells === null) return 'it is not CSV: a quote stands where none may be'
  if (cells.length !== columns.length) return `it has ${cells.length} cells, and the head line has ${columns.length}`
  try {
    return { value: guardJson(contactOf(columns, cells)) }
  } catch (error) {
    return error instanceof Error ? error.message : 'it is refused'
  }
}

function idOf(value: unknown): string | null {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null
  return typeof id === 'string' ? id.slice(0, 255) : null
}
