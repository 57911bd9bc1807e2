import { invalid } from '../schema/schema-issues.js'
import type { StepId } from '../step.js'

/**
 * Steps by id, in the order given.
 * @throws {SequenceInvalidError} when two have one id.
 */
export function namedSteps<Step>(entries: readonly (readonly [StepId, Step])[]): { readonly [id: StepId]: Step } {
  const ids = new Set<StepId>()
  for (const [id] of entries) {
    if (ids.has(id)) throw duplicate(id)
    ids.add(id)
  }
  return Object.fromEntries(entries)
}

function duplicate(id: StepId): Error {
  return invalid('The sequence', [
    {
      code: 'duplicate_step',
      path: ['steps', id],
      severity: 'error',
      message: `Two steps would have the id "${id}".`,
      fix: 'Rename one of them; what is written for you is named "<id>/<variant>", "<id>/wait", "<id>/when" and "done".',
    },
  ])
}
