import { type Issue, TemplateError } from '../../errors.js'
import type { JsonValue } from '../../json.js'
import { compileTemplate, type RenderContext, renderMessage } from '../../message/render.js'
import { type SmsSegments, smsSegments } from '../../message/sms-segments.js'
import type { TemplateVersion } from '../../message/template.js'
import type { Sequence } from '../sequence.js'
import { type LintContext, nameOf, warning } from './rule.js'
import { templatedMessages } from './templates.js'
import { usedTokens } from './tokens.js'

/** What stands for a value that has no fallback: as long as a name usually is, and GSM-7. */
const sample = 'Benjamin'

/** An SMS stays within a number of segments, each of which is paid for. */
export function smsLength(sequence: Sequence, context: LintContext): readonly Issue[] {
  const most = context.maxSmsSegments ?? 3
  const counted = new Map<TemplateVersion, SmsSegments | null>()
  const countOf = (version: TemplateVersion): SmsSegments | null => {
    const known = counted.has(version) ? (counted.get(version) ?? null) : count(version)
    counted.set(version, known)
    return known
  }
  return templatedMessages(sequence, context).flatMap((found): readonly Issue[] => {
    const length = found.message.channel === 'sms' ? countOf(found.version) : null
    if (length === null) return []
    const { segments, forcedBy, units } = length
    if (segments <= most) return []
    const characters = forcedBy.slice(0, 5).join(' ')
    return [
      warning(
        'sms_segments',
        [...found.path, 'template'],
        `${nameOf(found)} is an SMS of about ${segments} segments (${units} units); at most ${most} are wanted.`,
        characters === ''
          ? 'Shorten its template.'
          : `Shorten its template, or write it without ${characters}, which halve a segment.`,
      ),
    ]
  })
}

/** Counts the text with fallbacks, and a sample for every token without; null when there is no text to be had. */
function count({ content, ...version }: TemplateVersion): SmsSegments | null {
  if (content.kind !== 'text') return null
  const body: TemplateVersion = { ...version, content: { kind: 'text', body: content.body } }
  try {
    const rendered = renderMessage(compileTemplate(body), sampleContext(body))
    return rendered.ok && rendered.content.kind === 'text' ? smsSegments(rendered.content.body) : null
  } catch (problem) {
    if (problem instanceof TemplateError) return null
    throw problem
  }
}

type Holder = { [name: string]: JsonValue | undefined }

/** Values for the tokens that have no fallback, and something that makes every section appear once. */
function sampleContext(version: TemplateVersion): RenderContext {
  const root: Holder = {
    attributes: {},
    workspace: {},
    trigger: {},
    webhook: {},
    computed: {},
    contact: { id: sample },
  }
  const uses = usedTokens(version)
  // Sections come last, so that one over an object keeps the values that were put into it.
  for (const { name, isSection, fallback } of [...uses].sort((a, b) => Number(a.isSection) - Number(b.isSection))) {
    const hasFallback = fallback !== null || Object.hasOwn(version.fallbacks ?? {}, name)
    if (name !== '.' && !hasFallback) place(root, name.split('.'), isSection ? true : sample)
  }
  return root as unknown as RenderContext
}

function place(root: Holder, [first = '', ...below]: readonly string[], value: JsonValue): void {
  const reserved = Object.hasOwn(root, first) || first === 'unsubscribeUrl' || first === 'locale'
  let holder = (reserved ? root : root.attributes) as Holder
  let name = first
  for (const part of below) {
    const next = Object.hasOwn(holder, name) ? holder[name] : undefined
    const inner: Holder = typeof next === 'object' && next !== null && !Array.isArray(next) ? (next as Holder) : {}
    Object.defineProperty(holder, name, { value: inner, enumerable: true, configurable: true, writable: true })
    holder = inner
    name = part
  }
  if (Object.hasOwn(holder, name)) return
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true })
}
