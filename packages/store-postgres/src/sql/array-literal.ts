type Element = string | number | boolean | null

/** An array as PostgreSQL writes it: `{1,NULL,"a \"b\""}`. Every driver hands such a text on as it is. */
export function arrayLiteral(elements: readonly Element[]): string {
  // Without anything to escape, JSON writes the same, and much faster.
  const json = JSON.stringify(elements)
  if (!json.includes('\\') && !elements.some(isUnlikeJson)) return `{${json.slice(1, -1)}}`
  return `{${elements.map(literalOf).join(',')}}`
}

/** JSON has no infinite numbers. */
function isUnlikeJson(element: Element): boolean {
  return typeof element === 'number' && !Number.isFinite(element)
}

function literalOf(element: Element): string {
  if (element === null) return 'NULL'
  return typeof element === 'string' ? `"${element.replace(/["\\]/g, '\\$&')}"` : String(element)
}
