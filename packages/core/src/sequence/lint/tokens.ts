import { type Issue, TemplateError } from '../../errors.js'
import type { TemplateVersion } from '../../message/template.js'
import { type TokenUse, tokensOf } from '../../message/tokens.js'
import { compileRequest, tokensOfRequest } from '../../message/webhook-request.js'
import { suggestions } from '../nearest.js'
import { type Sequence, stepOf } from '../sequence.js'
import type { WebhookStep } from '../step.js'
import { error, type LintContext, nameOf, warning } from './rule.js'
import { type TemplatedMessage, templatedMessages } from './templates.js'

/**
 * Tokens that may have no value have a fallback: a message with a token that has neither does not go out. Tokens of replies name a step
 * that gives one.
 */
export function tokens(sequence: Sequence, context: LintContext): readonly Issue[] {
  const replying = Object.entries(sequence.steps).filter(([, { kind }]) => kind === 'webhook' || kind === 'action')
  const suggest = suggestions(replying.map(([id]) => id))
  return [
    ...templatedMessages(sequence, context).flatMap((found) =>
      issuesOfTokens(usedTokens(found.version), (token) => {
        const user = { name: nameOf(found), path: [...found.path, 'template'] }
        return replyIssue(sequence, user, token, suggest) ?? fallbackIssue(found, token, context)
      }),
    ),
    ...Object.entries(sequence.steps).flatMap(([id, step]) =>
      step.kind === 'webhook' ? issuesOfCall(sequence, { id, step }, context, suggest) : [],
    ),
  ]
}

/** The first issue of each name. */
function issuesOfTokens(used: readonly TokenUse[], issueOf: (token: TokenUse) => Issue | null): readonly Issue[] {
  const issues = new Map<string, Issue>()
  for (const token of used) {
    const issue = issues.has(token.name) ? null : issueOf(token)
    if (issue !== null) issues.set(token.name, issue)
  }
  return [...issues.values()]
}

/** A webhook with a token that has neither value nor fallback is not called. */
function issuesOfCall(
  sequence: Sequence,
  { id, step }: { readonly id: string; readonly step: WebhookStep },
  context: LintContext,
  suggest: (word: string) => string,
): readonly Issue[] {
  const user = { name: `Step "${id}"`, path: ['steps', id] }
  try {
    compileRequest(step)
  } catch (problem) {
    if (!(problem instanceof TemplateError)) throw problem
    return [
      error('bad_template', user.path, `${user.name} has a URL or a body that does not compile.`, problem.message),
    ]
  }
  return issuesOfTokens(tokensOfRequest(step), (token) => {
    const { name, fallback, inSection, isSection } = token
    const reply = replyIssue(sequence, user, token, suggest)
    if (reply !== null || fallback !== null || inSection || isSection || isGiven(name, context)) return reply
    return warning(
      'token_without_fallback',
      user.path,
      `${user.name} uses {{${name}}} without a fallback, so it fails for people without ${name}.`,
      `Write {{${name} | something}}.`,
    )
  })
}

function replyIssue(
  sequence: Sequence,
  user: { readonly name: string; readonly path: Issue['path'] },
  { name }: TokenUse,
  suggest: (word: string) => string,
): Issue | null {
  const [first, target] = name.split('.')
  if (first !== 'webhook' || target === undefined) return null
  const kind = stepOf(sequence, target)?.kind
  if (kind === 'webhook' || kind === 'action') return null
  return error(
    'unknown_reference',
    user.path,
    `${user.name} uses {{${name}}}, but "${target}" is not a webhook or action step.`,
    `Name a step whose reply is wanted: {{webhook.<step>.<field>}}.${suggest(target)}`,
  )
}

function fallbackIssue(found: TemplatedMessage, token: TokenUse, context: LintContext): Issue | null {
  const { name, fallback, inSection, isSection } = token
  const { fallbacks = {}, templateId } = found.version
  if (fallback !== null || inSection || isSection || Object.hasOwn(fallbacks, name)) return null
  if (name === 'unsubscribeUrl' || name === `contact.${found.message.channel}` || isGiven(name, context)) return null
  return warning(
    'token_without_fallback',
    [...found.path, 'template'],
    `${nameOf(found)} uses {{${name}}} of template "${templateId}" without a fallback, so it is not sent to people without ${name}.`,
    `Write {{${name} | something}}, or give the template a fallback for it.`,
  )
}

/** What the engine, the workspace or every contact has a value for. */
function isGiven(name: string, { knownAttributes = [] }: LintContext): boolean {
  if (name === 'contact.id' || name === 'workspace' || name.startsWith('workspace.')) return true
  return knownAttributes.some((known) => name === known || name.startsWith(`${known}.`))
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
