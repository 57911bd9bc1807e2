import type { GateScope } from '@drumbeat/core'

/** Texts joined so that no two lists of them give the same key. */
export function keyOf(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `${String(part).length}:${part}`).join('')
}

/** An order of rows: by a text, in the order of its code units. */
export function byText<Row>(textOf: (row: Row) => string): (a: Row, b: Row) => number {
  return (a, b) => {
    const [left, right] = [textOf(a), textOf(b)]
    return left < right ? -1 : left > right ? 1 : 0
  }
}

/** An order of rows: by id, the oldest first. */
export function byId(a: { readonly id: number }, b: { readonly id: number }): number {
  return a.id - b.id
}

/** Names a scope that may be closed. */
export function gateKey({ workspaceId, kind, ref }: GateScope): string {
  return keyOf(workspaceId, kind, ref)
}
