import type { Arm, SendStep, SplitStep, Step, StepId } from '../step.js'
import { namedSteps } from './named-steps.js'
import type { StepTo, VariantsTo } from './typed-steps.js'

/**
 * Writes variants of a message as what they are: a `split` under the step's own id, and a `send` named `<id>/<variant>` for each.
 * @throws {SequenceInvalidError} when such a name is taken by another step.
 */
export function expandVariants(steps: { readonly [id: StepId]: StepTo<string> }): { readonly [id: StepId]: Step } {
  return namedSteps(
    Object.entries(steps).flatMap(([id, step]): readonly (readonly [StepId, Step])[] =>
      step.kind === 'variants' ? expand(id, step) : [[id, step]],
    ),
  )
}

function expand(id: StepId, step: VariantsTo<string>): readonly (readonly [StepId, Step])[] {
  const { kind: _kind, name, variants, salt, experiment, ...message } = step
  const names = Object.keys(variants)
  const arms: Record<string, Arm> = {}
  const sends: [StepId, SendStep][] = []
  for (const [index, variant] of names.entries()) {
    const { template, weight = equalWeight(index, names.length) } = variants[
      variant
    ] as VariantsTo<string>['variants'][string]
    const next = `${id}/${variant}`
    arms[variant] = { weight, next }
    sends.push([next, { kind: 'send', ...message, template }])
  }
  const split: SplitStep = {
    kind: 'split',
    ...(name === undefined ? {} : { name }),
    arms,
    ...(salt === undefined ? {} : { salt }),
    ...(experiment === undefined ? {} : { experiment }),
  }
  return [[id, split], ...sends]
}

/** Whole percent that add up to 100: 34, 33, 33. */
function equalWeight(index: number, count: number): number {
  return Math.floor(100 / count) + (index < 100 % count ? 1 : 0)
}
