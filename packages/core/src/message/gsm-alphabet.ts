/** The 127 characters of the default alphabet, without the escape. One septet each. 3GPP TS 23.038, section 6.2.1. */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ' +
    ' !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§' +
    '¿abcdefghijklmnopqrstuvwxyzäöñüà',
)

/** The extension table: an escape and a septet, so two each. 3GPP TS 23.038, section 6.2.1.1. */
const extension = new Set('\f^{}\\[~]|€')

/** How many septets a character takes: 1 or 2; 0 = it is not in the alphabet, so the message must be sent as UCS-2. */
export function septetsOf(character: string): 0 | 1 | 2 {
  if (basic.has(character)) return 1
  return extension.has(character) ? 2 : 0
}
