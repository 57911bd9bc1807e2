import { maxInstant, minInstant } from '@drumbeat/core'

// ASCII digits only: `\d` would take those of every script.
const isoText =
  '^((?!0000)[0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' +
  '(?:[Tt ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:[.,]([0-9]{1,9}))?)?' +
  '(?:([Zz])|([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?)?)?$'

/**
 * The instant that a JSON value stands for, in milliseconds, as comparisons of core read it: whole milliseconds since 1970, or
 * ISO-8601 text, which is in UTC where it says no offset. Null = it is neither, or a date that does not exist.
 */
export function instantOfValue(value: string): string {
  const number = (group: number): string => `coalesce(m[${group}], '0')::int`
  const offset = `case m[9] when '-' then -1 else 1 end * (${number(10)} * 60 + ${number(11)})`
  const time = `((${number(4)} * 60 + ${number(5)} - ${offset}) * 60 + ${number(6)}) * 1000
    + rpad(left(coalesce(m[7], ''), 3), 3, '0')::int`
  return `(select case jsonb_typeof(${value})
    when 'number' then case when ${value}::numeric % 1 = 0 and ${value}::numeric between ${minInstant} and ${maxInstant} then ${value}::numeric end
    when 'string' then case when extract(month from first + (m[3]::int - 1)) = m[2]::int
      then (first + (m[3]::int - 1) - date '1970-01-01') * 86400000::numeric + ${time} end
    end
    from regexp_match(case jsonb_typeof(${value}) when 'string' then ${value} #>> '{}' end collate "C", '${isoText}') m,
      make_date(m[1]::int, m[2]::int, 1) first)`
}
