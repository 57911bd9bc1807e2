/** By code, below U+0800 (the scripts of Europe and the Near East): 1 = no rule about controls and invisible characters touches it. */
const ordinary = Uint8Array.from({ length: 0x800 }, (_, code) =>
  /[\p{C}\p{Zl}\p{Zp}]|\u034f/u.test(String.fromCharCode(code)) ? 0 : 1,
)

/**
 * True for a text without controls, line separators, invisible characters and halves of surrogate pairs, so that the rules about
 * these can be passed over: nearly every name, date and URL. False says nothing (Chinese is never called ordinary): the rules then
 * look for themselves.
 */
export function isOrdinary(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (ordinary[text.charCodeAt(index)] !== 1) return false
  }
  return true
}
