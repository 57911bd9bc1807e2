import type { Parameters } from './parameters.js'

/**
 * The value at a dotted path of own properties, as `valueAt` of core reads it; null where there is none, or where it is JSON's null.
 * A part names a member of an object; one that is written as an index names an element of a list, and `length` how many it has.
 */
export function valueAtPath(root: string, path: string, parameters: Parameters): string {
  const value = path.split('.').reduce((parent, part) => {
    const name = parameters.add(part)
    if (/^(?:0|[1-9]\d*)$/.test(part)) return `(${parent} #> array[${name}::text])`
    const member = `(${parent} -> ${name}::text)`
    if (part !== 'length') return member
    return `(case jsonb_typeof(${parent}) when 'array' then to_jsonb(jsonb_array_length(${parent})) else ${member} end)`
  }, root)
  return `nullif(${value}, 'null'::jsonb)`
}
