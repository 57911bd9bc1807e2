import * as z from 'zod'
import { nearest } from '../nearest.js'
import { judgeBy } from './schema-parts.js'

type Options = { readonly [key: string]: z.ZodType }

/**
 * A union whose members are told apart by a key that only one of them has: `{ event }`, `{ condition }` or `{ reply }`. Where a plain
 * union would report every member's objections, this one reports those of the member that was meant.
 */
export function keyUnion<Members extends Options>(
  what: string,
  members: () => Members,
): z.ZodType<z.output<Members[keyof Members]>> {
  // The schema of the member is looked up late, so that unions may contain themselves.
  const schema = z.unknown().check((payload) => {
    const options = members()
    const chosen = choose(payload.value, options)
    if (chosen !== null) return judgeBy(chosen, payload)
    payload.issues.push({ code: 'custom', input: payload.value, message: objection(what, payload.value, options) })
  })
  return schema as z.ZodType<unknown> as z.ZodType<z.output<Members[keyof Members]>>
}

function choose(value: unknown, options: Options): z.ZodType | null {
  if (typeof value !== 'object' || value === null) return null
  const key = Object.keys(options).find((name) => Object.hasOwn(value, name))
  return key === undefined ? null : (options[key] ?? null)
}

function objection(what: string, value: unknown, options: Options): string {
  const keys = Object.keys(options)
  const legal = `${what} is an object with one of the keys ${keys.join(', ')}`
  if (typeof value !== 'object' || value === null) return `${legal}.`
  const written = Object.keys(value)
  const meant = written.map((key) => nearest(key, keys)).find((key) => key !== null)
  return `${legal}; this one has ${written.length === 0 ? 'none' : written.slice(0, 5).join(', ')}.${meant ? ` Did you mean ${meant}?` : ''}`
}
