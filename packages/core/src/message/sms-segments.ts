import { septetsOf } from './gsm-alphabet.js'

/** How a text travels over SMS. */
export interface SmsSegments {
  readonly encoding: 'GSM-7' | 'UCS-2'
  /** How many messages it is carried and billed as. 0 for the empty text, which no provider sends. */
  readonly segments: number
  /** Its length in septets (GSM-7, where the extension characters take two) or in UTF-16 units (UCS-2). */
  readonly units: number
  /** How many units one segment holds: less in a text of several, whose segments carry a header that joins them. */
  readonly perSegment: 160 | 153 | 70 | 67
  /** Units that still fit without another segment. In a text of one segment, counted to 160 or 70. */
  readonly remaining: number
  /** The text of each segment; joined they are the text. */
  readonly parts: readonly string[]
  /** The characters that are not in GSM-7, each once, in order of appearance. Without them the text would be GSM-7. */
  readonly forcedBy: readonly string[]
}

/**
 * Splits a text as phones and carriers do: GSM-7 as long as every character is in the default alphabet or its extension table, UCS-2
 * otherwise; 160 or 70 units alone, 153 or 67 in each of several segments. A character is never divided: neither an escaped pair
 * of septets nor a surrogate pair. National shift tables and a provider's replacement of look-alikes are not taken into account.
 *
 * @see 3GPP TS 23.038 section 6.2 for the alphabets, TS 23.040 section 9.2.3.24.1 for the header of joined segments.
 */
export function smsSegments(text: string): SmsSegments {
  const characters = [...text]
  const forcedBy = [...new Set(characters.filter((character) => septetsOf(character) === 0))]
  const isGsm = forcedBy.length === 0
  const lengthOf = isGsm ? septetsOf : (character: string) => character.length
  const units = characters.reduce((sum, character) => sum + lengthOf(character), 0)
  const alone = isGsm ? 160 : 70
  const perSegment = units <= alone ? alone : isGsm ? 153 : 67
  const split = fillSegments(characters, lengthOf, perSegment)
  return {
    encoding: isGsm ? 'GSM-7' : 'UCS-2',
    segments: split.parts.length,
    units,
    perSegment,
    remaining: perSegment - split.lastUnits,
    parts: split.parts,
    forcedBy,
  }
}

function fillSegments(
  characters: readonly string[],
  lengthOf: (character: string) => number,
  perSegment: number,
): { readonly parts: readonly string[]; readonly lastUnits: number } {
  const parts: string[] = []
  let part = ''
  let used = 0
  for (const character of characters) {
    const length = lengthOf(character)
    if (used + length > perSegment) {
      parts.push(part)
      part = ''
      used = 0
    }
    part += character
    used += length
  }
  if (part !== '') parts.push(part)
  return { parts, lastUnits: used }
}
