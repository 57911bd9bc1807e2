type Element = string | number | boolean | null

/** An array as PostgreSQL writes it: `{1,NULL,"a \"b\""}`. Every driver hands such a text on as it is. */
export function arrayLiteral(elements: readonly Element[]): string {
  let text = '{'
  for (let index = 0; index < elements.length; index++) {
    if (index > 0) text += ','
    text += elementText(elements[index] ?? null)
  }
  return `${text}}`
}

function elementText(element: Element): string {
  if (element === null) return 'NULL'
  if (typeof element !== 'string') return String(element)
  return `"${/["\\]/.test(element) ? element.replace(/["\\]/g, '\\$&') : element}"`
}
