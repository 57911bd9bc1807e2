import type { Figure, Ratio } from './figure.js'

/** The smallest, the middle and the largest of several numbers. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** What became of a ratio. */
export interface RatioResult extends Spread {
  readonly goal: number
  /** Whether its median is what it is to be. */
  readonly reached: boolean
}

/** One figure's numbers. */
export interface FigureResult {
  readonly figure: string
  readonly unit: string
  readonly rounds: number
  readonly values: { readonly [label: string]: Spread }
  readonly ratios: { readonly [name: string]: RatioResult }
}

/** One round: a number for each label. */
export type Round = Readonly<Record<string, number>>

/** Sums rounds up. Ratios are taken within each round, because a machine is not as fast one minute as the next. */
export function summary(
  { name, unit, measured, ratios, higherIsBetter }: Figure,
  rounds: readonly Round[],
): FigureResult {
  const valuesOf = (label: string) => rounds.map((round) => round[label] ?? Number.NaN)
  return {
    figure: name,
    unit,
    rounds: rounds.length,
    values: Object.fromEntries(Object.keys(measured).map((label) => [label, spreadOf(valuesOf(label))])),
    ratios: Object.fromEntries(
      ratios.map((ratio) => {
        const spread = spreadOf(rounds.map((round) => ratioIn(round, ratio, higherIsBetter)))
        return [ratio.name, { ...spread, goal: ratio.goal, reached: spread.median >= ratio.goal }]
      }),
    ),
  }
}

function ratioIn(round: Round, { of, to }: Ratio, higherIsBetter: boolean): number {
  const best = (labels: readonly string[]) => {
    const numbers = labels.map((label) => round[label] ?? Number.NaN)
    return higherIsBetter ? Math.max(...numbers) : Math.min(...numbers)
  }
  return higherIsBetter ? best(of) / best(to) : best(to) / best(of)
}

/** The spread of at least one number. */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN
  return { min: at(0), median: at(0.5), max: at(1) }
}
