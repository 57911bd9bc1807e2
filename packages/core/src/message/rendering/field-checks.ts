import { TemplateError } from '../../errors.js'
import type { FieldPath, FieldSyntax } from '../fields.js'
import { breaksLine, headerNameProblem, isTooLongForHeader, oneMailbox } from '../header-rules.js'
import { isWebUrl } from '../html/urls.js'
import type { Emit } from './compile.js'
import type { RenderContext } from './context.js'
import { Run, type UnsafeReason } from './run.js'

/** One field of a template, made ready to render. */
export interface CompiledField {
  readonly path: FieldPath
  readonly syntax: FieldSyntax
  readonly emit: Emit
  /** Tokens and sections in it: blamed when only the field as a whole can be judged. */
  readonly names: readonly string[]
}

const nobody: RenderContext = {
  attributes: {},
  workspace: {},
  trigger: {},
  webhook: {},
  computed: {},
  contact: { id: '' },
}

const sayings: Partial<Readonly<Record<UnsafeReason, string>>> = {
  control_character: 'has a line break or another control character; it must be one line',
  too_long: 'has more than 998 characters',
  not_one_mailbox: 'must be one mailbox, as in Name <name@example.com>',
  not_a_web_url: 'must be an http or https URL',
}

/** Judges what can only be judged of a whole field, such as that a sender is one mailbox. A field that already lacks something is not. */
export function checkedField(field: CompiledField, run: Run): string {
  const text = run.out
  if ([...run.missing, ...run.unsafe].some((problem) => problem.path === field.path)) return text
  const whole = wholeField(field.syntax, text)
  if ('text' in whole) return whole.text
  for (const name of field.names) run.refuse(name, whole.refused)
  return text
}

function wholeField(syntax: FieldSyntax, text: string): { readonly text: string } | { readonly refused: UnsafeReason } {
  if (syntax === 'url') return isWebUrl(text) ? { text } : { refused: 'not_a_web_url' }
  if (syntax !== 'header' && syntax !== 'mailbox') return { text }
  if (breaksLine(text)) return { refused: 'control_character' }
  if (isTooLongForHeader(text)) return { refused: 'too_long' }
  if (syntax === 'header') return { text }
  const mailbox = oneMailbox(text)
  return mailbox === null ? { refused: 'not_one_mailbox' } : { text: mailbox }
}

/** What is wrong with a field whatever fills its tokens is said when the template is compiled, to whoever can change it. */
export function refuseBadField(label: string, field: CompiledField, source: string): void {
  const { path, syntax } = field
  const name = /^headers\.(.*)$/s.exec(path)?.[1]
  const problem = name === undefined ? null : headerNameProblem(name)
  if (problem !== null) throw new TemplateError(`${label}, ${path}: ${problem}.`)
  if ((syntax === 'header' || syntax === 'mailbox') && breaksLine(source)) {
    throw new TemplateError(`${label}, ${path}: it has a line break or another control character; it must be one line.`)
  }
  if (field.names.length > 0) return
  const constant = new Run(nobody, path)
  field.emit(constant)
  const whole = wholeField(syntax, constant.out)
  if ('refused' in whole) throw new TemplateError(`${label}, ${path}: it ${sayings[whole.refused]}.`)
}
