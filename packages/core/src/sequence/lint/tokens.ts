import { type Issue, TemplateError } from '../../errors.js'
import { type TokenUse, tokensOf } from '../../message/tokens.js'
import { didYouMean } from '../nearest.js'
import { type Sequence, stepOf } from '../sequence.js'
import { error, type LintContext, nameOf, warning } from './rule.js'
import { type TemplatedMessage, templatedMessages } from './templates.js'

/**
 * Tokens that may have no value have a fallback: a message with a token that has neither does not go out. Tokens of replies name a step
 * that gives one.
 */
export function tokens(sequence: Sequence, context: LintContext): readonly Issue[] {
  return templatedMessages(sequence, context).flatMap((found) => {
    const unsure = new Set<string>()
    const issues: Issue[] = []
    for (const token of usedTokens(found)) {
      if (unsure.has(token.name)) continue
      const issue = replyIssue(sequence, found, token) ?? fallbackIssue(found, token, context)
      if (issue === null) continue
      unsure.add(token.name)
      issues.push(issue)
    }
    return issues
  })
}

function replyIssue(sequence: Sequence, found: TemplatedMessage, { name }: TokenUse): Issue | null {
  const [first, target] = name.split('.')
  if (first !== 'webhook' || target === undefined) return null
  const kind = stepOf(sequence, target)?.kind
  if (kind === 'webhook' || kind === 'action') return null
  const message = `${nameOf(found)} uses {{${name}}}, but "${target}" is not a webhook or action step.`
  const replying = Object.entries(sequence.steps).filter(
    ([, step]) => step.kind === 'webhook' || step.kind === 'action',
  )
  const fix = `Name a step whose reply is wanted: {{webhook.<step>.<field>}}.${didYouMean(
    target,
    replying.map(([id]) => id),
  )}`
  return error('unknown_reference', [...found.path, 'template'], message, fix)
}

function fallbackIssue(found: TemplatedMessage, token: TokenUse, { knownAttributes = [] }: LintContext): Issue | null {
  const { name, fallback, inSection, isSection } = token
  const { fallbacks = {}, templateId } = found.version
  if (fallback !== null || inSection || isSection || Object.hasOwn(fallbacks, name)) return null
  if (alwaysGiven(name, found) || knownAttributes.some((known) => name === known || name.startsWith(`${known}.`))) {
    return null
  }
  return warning(
    'token_without_fallback',
    [...found.path, 'template'],
    `${nameOf(found)} uses {{${name}}} of template "${templateId}" without a fallback, so it is not sent to people without ${name}.`,
    `Write {{${name} | something}}, or give the template a fallback for it.`,
  )
}

/** What the engine, the workspace or the message itself always has a value for. */
function alwaysGiven(name: string, { message }: TemplatedMessage): boolean {
  return (
    name === 'unsubscribeUrl' ||
    name === 'contact.id' ||
    name === `contact.${message.channel}` ||
    name === 'workspace' ||
    name.startsWith('workspace.')
  )
}

/** The tokens of a message's template; none when it does not parse, which is another rule's business. */
export function usedTokens({ version }: Pick<TemplatedMessage, 'version'>): readonly TokenUse[] {
  try {
    return tokensOf(version.content, version.partials)
  } catch (problem) {
    if (problem instanceof TemplateError) return []
    throw problem
  }
}
