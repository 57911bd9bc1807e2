import type { Comparison, Scalar } from '@drumbeat/core'
import { arrayLiteral } from '../sql/array-literal.js'
import { instantOfValue } from './instant-of-value.js'
import type { Parameters } from './parameters.js'

type Operand = Comparison['value']

const signs = { gt: '>', gte: '>=', lt: '<', lte: '<=', before: '<', after: '>' } as const

/**
 * Whether a JSON value satisfies a comparison, as `satisfies` of core says: an expression that is true or false, never null.
 * @param valueIn writes an expression of type `jsonb`, whose null means that the value is missing. Not asked where nothing can match.
 */
export function comparison(valueIn: () => string, { op, value: operand }: Comparison, parameters: Parameters): string {
  if (!fits(op, operand)) return String(op === 'isNot' || op === 'notIn')
  const value = valueIn()
  const json = (): string => `${parameters.add(JSON.stringify(operand))}::jsonb`
  const text = (): string => `${parameters.add(String(operand))}::text`
  const asText = `(${value} #>> '{}' collate "C")`
  const whereItIs = (type: string, holds: string): string =>
    `(case when jsonb_typeof(${value}) = '${type}' then ${holds} else false end)`
  switch (op) {
    case 'missing':
      return `(${value} is null)`
    case 'exists':
      return `(${value} is not null)`
    case 'is':
      return `coalesce(${value} = ${json()}, false)`
    case 'isNot':
      return `coalesce(${value} <> ${json()}, true)`
    case 'in':
    case 'notIn': {
      const listed = arrayLiteral([operand as readonly Scalar[]].flat().map((one) => JSON.stringify(one)))
      const among = `coalesce(${value} = any(${parameters.add(listed)}::jsonb[]), false)`
      return op === 'in' ? among : `(not ${among})`
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      if (typeof operand === 'string') return whereItIs('string', `${asText} ${signs[op]} ${text()}`)
      return whereItIs('number', `${value}::numeric ${signs[op]} ${text()}::numeric`)
    case 'before':
    case 'after':
      return `coalesce(${instantOfValue(value)} ${signs[op]} ${instantOfValue(json())}, false)`
    case 'contains': {
      const member = whereItIs('array', `${value} @> ${json()}`)
      return typeof operand === 'string'
        ? `(${whereItIs('string', `strpos(${asText}, ${text()}) > 0`)} or ${member})`
        : member
    }
    case 'startsWith':
      return whereItIs('string', `starts_with(${asText}, ${text()})`)
    case 'endsWith': {
      const end = text()
      return whereItIs('string', `right(${asText}, char_length(${end})) = ${end}`)
    }
  }
}

/** Whether anything could satisfy the comparison at all: an operand of the wrong kind matches nothing. */
function fits(op: Comparison['op'], operand: Operand): boolean {
  const given = Array.isArray(operand) ? 'list' : typeof operand
  switch (op) {
    case 'missing':
    case 'exists':
      return true
    case 'is':
    case 'isNot':
    case 'contains':
      return given !== 'list' && given !== 'undefined'
    case 'in':
    case 'notIn':
      return given === 'list'
    case 'startsWith':
    case 'endsWith':
      return given === 'string'
    default:
      return given === 'number' || given === 'string'
  }
}

/** Whether a database can hold the operand: numbers are finite, and text has no NUL and no half of a surrogate pair. */
export function isStorable(operand: Operand): boolean {
  return [operand ?? []].flat().every((one) => {
    if (typeof one === 'string') return isStorableText(one)
    return typeof one === 'boolean' || Number.isFinite(one)
  })
}

/** Whether a database can hold the text. */
export function isStorableText(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text)
}
