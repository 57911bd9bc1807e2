import { TemplateError } from '../../errors.js'
import type { FieldPath, FieldSyntax } from '../fields.js'
import { breaksLine, headerNameProblem, isTooLongForHeader, oneMailbox } from '../header-rules.js'
import { isWebUrl } from '../html/urls.js'
import type { Emit } from './compile.js'
import type { RenderContext } from './context.js'
import type { Expanded } from './expand.js'
import { Run, type UnsafeReason } from './run.js'

/** One field of a template, made ready to render. */
export interface CompiledField {
  readonly path: FieldPath
  readonly syntax: FieldSyntax
  readonly emit: Emit
  /** True when no text of the template and no unescaped token can end its line: the guards of its values are enough. */
  readonly keepsLine: boolean
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
export function checkedField(field: CompiledField, run: Run, text: string): string {
  if (field.syntax === 'html' || field.syntax === 'plain' || run.hasProblem(field.path)) return text
  const whole = wholeField(field, text)
  if (typeof whole === 'string') return whole
  for (const name of field.names) run.refuse(name, whole.refused)
  return text
}

function wholeField({ syntax, keepsLine }: CompiledField, text: string): string | { readonly refused: UnsafeReason } {
  if (syntax === 'url') return isWebUrl(text) ? text : { refused: 'not_a_web_url' }
  if (syntax !== 'header' && syntax !== 'mailbox') return text
  if (!keepsLine && breaksLine(text)) return { refused: 'control_character' }
  if (isTooLongForHeader(text)) return { refused: 'too_long' }
  if (syntax === 'header') return text
  return oneMailbox(text) ?? { refused: 'not_one_mailbox' }
}

/** What {@link CompiledField.keepsLine} says of a field with these parts. */
export function keepsLine(nodes: readonly Expanded[]): boolean {
  return nodes.every((node) => {
    if (node.kind === 'text') return !breaksLine(node.text)
    return node.kind === 'value' ? !node.raw : keepsLine(node.children)
  })
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
  const whole = wholeField(field, field.emit(constant, ''))
  if (typeof whole !== 'string') throw new TemplateError(`${label}, ${path}: it ${sayings[whole.refused]}.`)
}
