import type { Issue } from '../../errors.js'
import type { Sequence } from '../sequence.js'
import { type LintContext, nameOf, warning } from './rule.js'
import { templatedMessages } from './templates.js'
import { usedTokens } from './tokens.js'

/**
 * Marketing mail says how to get no more of it. A warning, because a provider may put its own link there; the `List-Unsubscribe`
 * headers go out in any case.
 */
export function unsubscribe(sequence: Sequence, context: LintContext): readonly Issue[] {
  return templatedMessages(sequence, context)
    .filter(({ message, version }) => {
      const category = message.category ?? context.category ?? 'marketing'
      return category === 'marketing' && version.content.kind === 'email'
    })
    .filter(
      ({ version }) => !usedTokens(version).some(({ name, path }) => name === 'unsubscribeUrl' && path === 'html'),
    )
    .map((found) =>
      warning(
        'missing_unsubscribe',
        [...found.path, 'template'],
        `${nameOf(found)} is marketing mail, but its template "${found.version.templateId}" has no link to unsubscribe.`,
        'Put <a href="{{unsubscribeUrl}}">Unsubscribe</a> into its html, or mark the message as transactional if it is.',
      ),
    )
}
