/** What there is in a text without anything extraordinary, as bits. */
const blank = 1
const visible = 2
const markup = 4

/** By code, below U+0800 (the scripts of Europe and the Near East); 0 = a rule about controls and invisible characters touches it. */
const kinds = Uint8Array.from({ length: 0x800 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[\p{C}\p{Zl}\p{Zp}]|\u034f/u.test(character)) return 0
  if (character.trim() === '') return blank
  return /[&<>"'`]/.test(character) ? visible | markup : visible
})

/** What there is in a text; 0 = something extraordinary, or nothing. */
function kindOf(text: string): number {
  let kind = 0
  for (let index = 0; index < text.length; index += 1) {
    const one = kinds[text.charCodeAt(index)]
    if (one === undefined || one === 0) return 0
    kind |= one
  }
  return kind
}

/**
 * True for a text without controls, line separators, invisible characters and halves of surrogate pairs, so that the rules about
 * these can be passed over: nearly every name, date and URL. False says nothing (Chinese is never called ordinary): the rules then
 * look for themselves.
 */
export function isOrdinary(text: string): boolean {
  return text === '' || kindOf(text) !== 0
}

/**
 * The same of a value that is to be filled in, in one pass: `plain` = it is ordinary and has something to read, and nothing in it means
 * anything in HTML; `marked` = it is, but for that; null = it is not, or is blank.
 */
export function ordinaryKind(value: string): 'plain' | 'marked' | null {
  const kind = kindOf(value)
  if ((kind & visible) === 0) return null
  return (kind & markup) === 0 ? 'plain' : 'marked'
}
