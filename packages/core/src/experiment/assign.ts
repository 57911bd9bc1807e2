import { fraction } from '../message/hash.js'
import type { Arm } from '../sequence/step.js'

/**
 * The arm of a person: a function of the salt and the contact alone, so that it never changes over steps, retries and
 * re-entry. Arms are laid out by name, each as wide as its weight.
 */
export function armOf(salt: string, contactId: string, arms: { readonly [name: string]: Arm }): string {
  const names = Object.keys(arms).sort()
  const total = names.reduce((sum, name) => sum + (arms[name]?.weight ?? 0), 0)
  const point = fraction(`${salt}/arm/${contactId}`) * total
  let upper = 0
  for (const name of names) {
    upper += arms[name]?.weight ?? 0
    if (point < upper) return name
  }
  return names.at(-1) ?? ''
}

/** Whether a person is in an experiment's test share, in percent. Independent of the arm they get. */
export function isInTest(salt: string, contactId: string, testShare: number): boolean {
  return fraction(`${salt}/test/${contactId}`) * 100 < testShare
}
