import { type Issue, TemplateError } from '../../errors.js'
import { compileTemplate } from '../../message/render.js'
import type { TemplateVersion } from '../../message/template.js'
import { suggestions } from '../nearest.js'
import { messagesOf, type SequenceMessage, templateIdOf } from '../parts/messages.js'
import type { Sequence } from '../sequence.js'
import { error, type LintContext, nameOf } from './rule.js'

/** A message, and the version of its template that it would go out with. */
export interface TemplatedMessage extends SequenceMessage {
  readonly version: TemplateVersion
}

/** The messages whose template's version is known. A message with another version pinned is left out. */
export function templatedMessages(sequence: Sequence, { templates }: LintContext): readonly TemplatedMessage[] {
  return messagesOf(sequence).flatMap((found): readonly TemplatedMessage[] => {
    const version = templates?.get(templateIdOf(found.message))
    const { template } = found.message
    const pinned = typeof template === 'string' ? version?.version : template.version
    return version === undefined || pinned !== version.version ? [] : [{ ...found, version }]
  })
}

/** Messages use templates that exist, compile, and are for their channel. */
export function templates(sequence: Sequence, context: LintContext): readonly Issue[] {
  const { templates: known } = context
  if (known === undefined) return []
  const suggest = suggestions([...known.keys()])
  const broken = new Map<TemplateVersion, string | null>()
  const problemOf = (version: TemplateVersion): string | null => {
    const problem = broken.has(version) ? (broken.get(version) ?? null) : compileProblem(version)
    broken.set(version, problem)
    return problem
  }
  return [
    ...messagesOf(sequence).flatMap((found) => referenceIssues(found, known, suggest)),
    ...templatedMessages(sequence, context).flatMap((found): readonly Issue[] => {
      const problem = problemOf(found.version)
      if (problem === null) return []
      const message = `${nameOf(found)} uses the template "${found.version.templateId}", which does not compile.`
      return [error('bad_template', [...found.path, 'template'], message, problem)]
    }),
  ]
}

function referenceIssues(
  found: SequenceMessage,
  known: ReadonlyMap<string, TemplateVersion>,
  suggest: (word: string) => string,
): readonly Issue[] {
  const id = templateIdOf(found.message)
  const { channel } = found.message
  const version = known.get(id)
  const path = [...found.path, 'template']
  if (version === undefined) {
    const message = `${nameOf(found)} uses the template "${id}", which does not exist.`
    const fix = `Publish it, or name one that exists.${suggest(id)}`
    return [error('unknown_template', path, message, fix)]
  }
  const { template } = found.message
  if (typeof template !== 'string' && !(template.version >= 1 && template.version <= version.version)) {
    const message = `${nameOf(found)} uses version ${template.version} of the template "${id}", which does not exist.`
    return [error('unknown_template', path, message, `Its latest version is ${version.version}.`)]
  }
  if (version.channel === channel) return []
  const message = `${nameOf(found)} goes out by ${channel}, but its template "${id}" is for ${version.channel}.`
  return [error('template_channel', path, message, `Use a template for ${channel}, or send by ${version.channel}.`)]
}

function compileProblem(version: TemplateVersion): string | null {
  try {
    compileTemplate(version)
    return null
  } catch (problem) {
    if (problem instanceof TemplateError) return problem.message
    throw problem
  }
}
