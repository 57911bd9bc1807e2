/** Words longer than this are not compared: nobody mistypes a sentence. */
const longest = 64
/** How many candidates are looked at, so that a suggestion never costs more than the check that asks for it. */
const mostCandidates = 1000

/**
 * The candidate that was probably meant: the one with the fewest changed, added, missing or swapped letters, if these are at most
 * two fifths of the word, upper and lower case alike. Null = none is near.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(word.length * 0.4))
  if (word.length > longest) return null
  let best: string | null = null
  let bestDistance = limit + 1
  let looked = 0
  for (const candidate of candidates) {
    if (++looked > mostCandidates) break
    if (candidate === word || Math.abs(candidate.length - word.length) >= bestDistance) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** ` Did you mean "welcome"?`, or nothing. To be appended to a sentence. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = nearest(word, candidates)
  return meant === null ? '' : ` Did you mean "${meant}"?`
}

/**
 * The same for many words: only the first ones get a suggestion, because each costs a comparison with every candidate, and somebody who
 * makes a hundred mistakes has a list of their own.
 */
export function suggestions(candidates: readonly string[], most = 20): (word: string) => string {
  let given = 0
  return (word) => (given++ < most ? didYouMean(word, candidates) : '')
}

/** Damerau's distance in its restricted form: a swap of neighbors counts once. */
function editDistance(one: string, other: string): number {
  let before: number[] = []
  let above = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1]
      let cost = Math.min(at(above, column) + 1, at(current, column - 1) + 1, at(above, column - 1) + (same ? 0 : 1))
      if (one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        cost = Math.min(cost, at(before, column - 2) + 1)
      }
      current.push(cost)
    }
    before = above
    above = current
  }
  return at(above, other.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
