import {
  helpPhrases,
  noPhrases,
  politePhrases,
  startPhrases,
  stopPhrase,
  stopWords,
  yesPhrases,
} from './keyword-lists.js'

/** What a short message asks for or answers. */
export type Keyword = 'stop' | 'start' | 'help' | 'yes' | 'no'

const maxWords = 10
const maxCharacters = 100

/**
 * What a message says, if it says only that: null for everything else.
 *
 * A message is a keyword when, without case, accents, punctuation, emoji and polite words ("please", "thanks", "bitte"), nothing
 * is left but the keyword; at most 10 words and 100 characters, judged as a whole. So "Please stop texting me!" is a stop, while
 * "don't stop", "bus stop" and "when does it stop raining?" are not. A message of several lines also counts by its first line
 * when a blank line, a signature or a quotation follows.
 *
 * Stop is wider than a provider's single words, since revocation counts by any reasonable means (47 CFR 64.1200(a)(10)): it also
 * takes phrases, letters apart ("S T O P"), frequent misspellings and basic words of other languages. `start` is narrow, since it
 * lifts a stop. `yes` answers a question and lifts nothing, also where a provider takes it for an opt-in.
 */
export function keywordOf(text: string): Keyword | null {
  return keywordIn(text) ?? keywordIn(ownFirstLine(text))
}

function keywordIn(text: string): Keyword | null {
  if (text.length > maxCharacters) return null
  const words = wordsOf(text)
  if (words.length === 0 || words.length > maxWords) return null
  const phrase = withoutPoliteness(words.join(' '))
  if (phrase === '') return null
  if (phrase.split(' ').every((word) => stopWords.has(word)) || stopPhrase.test(phrase)) return 'stop'
  if (startPhrases.has(phrase)) return 'start'
  if (helpPhrases.has(phrase)) return 'help'
  if (yesPhrases.has(phrase)) return 'yes'
  return noPhrases.has(phrase) ? 'no' : null
}

/** Full-width and accented letters become plain ones, and what is not a letter or digit separates words. */
function wordsOf(text: string): readonly string[] {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{M}\p{Cf}'’‘`´]/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  const words = plain === '' ? [] : plain.split(' ')
  const spelled = words.length >= 3 && words.every((word) => word.length === 1)
  return spelled ? [words.join('')] : words
}

const politeStart = new RegExp(`^(?:(?:${politePhrases.join('|')})(?: |$))+`)
const politeEnd = new RegExp(`(?:(?:^| )(?:${politePhrases.join('|')}))+$`)

function withoutPoliteness(phrase: string): string {
  return phrase.replace(politeStart, '').replace(politeEnd, '')
}

const afterOwnText =
  /^(?:$|>|--|—|__|sent from|get outlook|on .+wrote|from:|von meinem|gesendet|am .+schrieb|von:|envoy|le .+crit|de ?:|enviado)/i

/** The first line, if what follows was not written for this message; else the empty text. */
function ownFirstLine(text: string): string {
  const lines = text
    .trimStart()
    .slice(0, 1000)
    .split(/\r\n|\r|\n/)
  const [first = '', second] = lines
  return second !== undefined && afterOwnText.test(second.trim()) ? first : ''
}
