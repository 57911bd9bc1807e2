/** Successes among people. */
export interface Proportion {
  readonly converted: number
  readonly assigned: number
}

/**
 * The p-value of a two-proportion z-test with pooled variance: how likely a difference at least this large is if both are the same.
 * One-sided asks whether `a` is better than `b`. 1 when there is nothing to compare.
 */
export function twoProportionPValue(a: Proportion, b: Proportion, sides: 1 | 2): number {
  if (a.assigned === 0 || b.assigned === 0) return 1
  const pooled = (a.converted + b.converted) / (a.assigned + b.assigned)
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / a.assigned + 1 / b.assigned))
  if (deviation === 0) return 1
  const z = (a.converted / a.assigned - b.converted / b.assigned) / deviation
  return sides === 1 ? upperTail(z) : Math.min(1, 2 * upperTail(Math.abs(z)))
}

/** The upper tail of the standard normal distribution, within 1.5e-7 (Abramowitz and Stegun 7.1.26). */
function upperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const half = (series * Math.exp(-x * x)) / 2
  return z >= 0 ? half : 1 - half
}
