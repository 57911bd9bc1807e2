import { type Issue, TemplateError } from '../../errors.js'
import type { TemplateVersion } from '../../message/template.js'
import { type TokenUse, tokensOf } from '../../message/tokens.js'
import { suggestions } from '../nearest.js'
import { type Sequence, stepOf } from '../sequence.js'
import { error, type LintContext, nameOf, warning } from './rule.js'
import { type TemplatedMessage, templatedMessages } from './templates.js'

/**
 * Tokens that may have no value have a fallback: a message with a token that has neither does not go out. Tokens of replies name a step
 * that gives one.
 */
export function tokens(sequence: Sequence, context: LintContext): readonly Issue[] {
  const replying = Object.entries(sequence.steps).filter(([, { kind }]) => kind === 'webhook' || kind === 'action')
  const suggest = suggestions(replying.map(([id]) => id))
  return templatedMessages(sequence, context).flatMap((found) => {
    const unsure = new Set<string>()
    const issues: Issue[] = []
    for (const token of usedTokens(found.version)) {
      if (unsure.has(token.name)) continue
      const issue = replyIssue(sequence, found, token, suggest) ?? fallbackIssue(found, token, context)
      if (issue === null) continue
      unsure.add(token.name)
      issues.push(issue)
    }
    return issues
  })
}

function replyIssue(
  sequence: Sequence,
  found: TemplatedMessage,
  { name }: TokenUse,
  suggest: (word: string) => string,
): Issue | null {
  const [first, target] = name.split('.')
  if (first !== 'webhook' || target === undefined) return null
  const kind = stepOf(sequence, target)?.kind
  if (kind === 'webhook' || kind === 'action') return null
  return error(
    'unknown_reference',
    [...found.path, 'template'],
    `${nameOf(found)} uses {{${name}}}, but "${target}" is not a webhook or action step.`,
    `Name a step whose reply is wanted: {{webhook.<step>.<field>}}.${suggest(target)}`,
  )
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

// Versions are immutable, and one template may be used by hundreds of messages.
const read = new WeakMap<TemplateVersion, readonly TokenUse[]>()

/** The tokens of a template; none when it does not parse, which is another rule's business. */
export function usedTokens(version: TemplateVersion): readonly TokenUse[] {
  const tokens = read.get(version) ?? readTokens(version)
  read.set(version, tokens)
  return tokens
}

function readTokens({ content, partials }: TemplateVersion): readonly TokenUse[] {
  try {
    return tokensOf(content, partials)
  } catch (problem) {
    if (problem instanceof TemplateError) return []
    throw problem
  }
}
