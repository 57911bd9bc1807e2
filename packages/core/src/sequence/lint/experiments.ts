import type { Issue } from '../../errors.js'
import { didYouMean } from '../nearest.js'
import type { Sequence } from '../sequence.js'
import type { ExperimentSpec, SplitStep, StepId } from '../step.js'
import { error } from './rule.js'

/** An experiment can be decided: its numbers are in range, its fallback is an arm, and its decision comes for everyone at once. */
export function experiments(sequence: Sequence): readonly Issue[] {
  return Object.entries(sequence.steps).flatMap(([id, step]) =>
    step.kind === 'split' && step.experiment !== undefined ? experimentIssues(id, step, step.experiment) : [],
  )
}

function experimentIssues(id: StepId, { arms }: SplitStep, spec: ExperimentSpec): readonly Issue[] {
  const issues: Issue[] = []
  const object = (part: keyof ExperimentSpec, problem: string, fix: string): void => {
    issues.push(
      error(`experiment_${codes[part] ?? part}`, ['steps', id, 'experiment', part], `Step "${id}": ${problem}.`, fix),
    )
  }
  const names = Object.keys(arms)
  if (!names.includes(spec.fallback)) {
    const fix = `Name one of the arms ${names.join(', ')}.${didYouMean(spec.fallback, names)}`
    object('fallback', `the experiment falls back to "${spec.fallback}", which is not an arm`, fix)
  } else if (arms[spec.fallback]?.holdout === true) {
    object('fallback', `the experiment falls back to "${spec.fallback}", which is a holdout`, 'Name an arm that sends.')
  }
  if (Object.values(arms).filter(({ holdout }) => holdout !== true).length < 2) {
    object('test', 'the experiment has fewer than two arms to compare', 'Add an arm that is not a holdout.')
  }
  if (!(spec.testShare >= 1 && spec.testShare <= 100)) {
    object('testShare', `the test share is ${spec.testShare} percent`, 'Give a testShare from 1 to 100.')
  }
  if (!(spec.alpha > 0 && spec.alpha < 1)) {
    object('alpha', `alpha is ${spec.alpha}`, 'Give an alpha between 0 and 1, such as 0.05.')
  }
  const { anchor } = spec.decideAt
  if (anchor !== 'campaignStart' && !(typeof anchor === 'object' && 'fixed' in anchor)) {
    object(
      'decideAt',
      'the decision is not at one moment for everyone',
      'Anchor decideAt at "campaignStart" or at { fixed } date.',
    )
  }
  return issues
}

const codes: { readonly [Part in keyof ExperimentSpec]?: string } = {
  test: 'arms',
  testShare: 'test_share',
  decideAt: 'decide_at',
}
