import type { ExperimentSpec } from '../sequence/step.js'
import { twoProportionPValue } from './significance.js'

/** How an arm did. */
export interface ArmTally {
  readonly arm: string
  /** People assigned, each counted once. */
  readonly assigned: number
  /** Of them, those with a success within the horizon. */
  readonly converted: number
}

/** What an experiment's numbers say. */
export interface Verdict {
  readonly arm: string
  readonly significant: boolean
  /** Of the best arm against the second best; null = there were not two arms with people. */
  readonly pValue: number | null
}

/** The best arm if it is better than the second best by the experiment's one named test; otherwise the fallback. */
export function winnerOf(
  spec: Pick<ExperimentSpec, 'alpha' | 'sides' | 'fallback'>,
  tally: readonly ArmTally[],
): Verdict {
  const rate = ({ assigned, converted }: ArmTally): number => (assigned === 0 ? 0 : converted / assigned)
  const [best, second] = tally
    .filter(({ assigned }) => assigned > 0)
    .sort((a, b) => rate(b) - rate(a) || (a.arm < b.arm ? -1 : 1))
  if (best === undefined || second === undefined) return { arm: spec.fallback, significant: false, pValue: null }
  const pValue = twoProportionPValue(best, second, spec.sides)
  const significant = pValue <= spec.alpha
  return { arm: significant ? best.arm : spec.fallback, significant, pValue }
}
