import type { Issue } from '../../errors.js'
import type { Sequence } from '../sequence.js'
import { error } from './rule.js'

/** Webhooks call https URLs that carry no credentials. Where a name resolves to is checked at the call. */
export function webhookUrls(sequence: Sequence): readonly Issue[] {
  return Object.entries(sequence.steps).flatMap(([id, step]): readonly Issue[] => {
    const problem = step.kind === 'webhook' ? urlProblem(step.url) : null
    if (problem === null) return []
    return [
      error(
        'bad_url',
        ['steps', id, 'url'],
        `Step "${id}" calls a URL that ${problem}.`,
        'Give a URL like https://example.com/hook; put a secret into a header.',
      ),
    ]
  })
}

function urlProblem(text: string): string | null {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'cannot be read'
  }
  if (url.protocol !== 'https:') return `begins with ${url.protocol}// and not with https://`
  return url.username === '' && url.password === '' ? null : 'carries credentials'
}
