import type { Issue } from '../../errors.js'
import type { Sequence } from '../sequence.js'
import { error } from './rule.js'

/** The messages of a series have different ids: by them each goes out at most once. */
export function seriesItems(sequence: Sequence): readonly Issue[] {
  return Object.entries(sequence.steps).flatMap(([stepId, step]): readonly Issue[] => {
    if (step.kind !== 'series') return []
    const ids = new Set<string>()
    return step.items.flatMap(({ id }, index): readonly Issue[] => {
      const repeated = ids.has(id)
      ids.add(id)
      if (!repeated) return []
      const message = `Step "${stepId}" has two messages with the id "${id}".`
      return [error('duplicate_item', ['steps', stepId, 'items', index, 'id'], message, 'Rename one of them.')]
    })
  })
}
