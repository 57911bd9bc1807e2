type Element = string | number | boolean | null

const special = /["\\]/

/** An array as PostgreSQL writes it: `{1,NULL,"a \"b\""}`. Every driver hands such a text on as it is. */
export function arrayLiteral(elements: readonly Element[]): string {
  let text = '{'
  let separator = ''
  for (const element of elements) {
    if (element === null) text += `${separator}NULL`
    else if (typeof element !== 'string') text += `${separator}${element}`
    else text += `${separator}"${special.test(element) ? element.replace(/["\\]/g, '\\$&') : element}"`
    separator = ','
  }
  return `${text}}`
}
