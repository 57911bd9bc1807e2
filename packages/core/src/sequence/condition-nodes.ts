import { type Condition, maxConditionNodes } from './condition.js'

/** Where something stands in a piece of JSON. */
export type JsonPath = readonly (string | number)[]

/** One node of a condition, and where it stands below the condition's root. */
export interface ConditionNode {
  readonly condition: Condition
  readonly path: JsonPath
  /** 1 for the root. */
  readonly depth: number
}

/**
 * Every node of a condition, parents before members, left to right. Iterative, so that no depth can exhaust the stack, and it stops after
 * `limit` nodes (default: a node more than a parsed condition can have), so that the caller can see that there were too many.
 */
export function nodesOf(root: Condition, limit = maxConditionNodes + 1): readonly ConditionNode[] {
  const found: ConditionNode[] = []
  const open: ConditionNode[] = [{ condition: root, path: [], depth: 1 }]
  while (open.length > 0 && found.length < limit) {
    const node = open.pop() as ConditionNode
    found.push(node)
    open.push(...membersOf(node).slice(0, limit).reverse())
  }
  return found
}

function membersOf({ condition, path, depth }: ConditionNode): ConditionNode[] {
  if ('not' in condition) return [{ condition: condition.not, path: [...path, 'not'], depth: depth + 1 }]
  const key = 'all' in condition ? 'all' : 'any'
  const members = 'all' in condition ? condition.all : 'any' in condition ? condition.any : []
  return members.map((member, index) => ({ condition: member, path: [...path, key, index], depth: depth + 1 }))
}
