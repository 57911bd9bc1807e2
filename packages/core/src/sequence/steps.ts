import type {
  ActionTo,
  ArmTo,
  BranchTo,
  ExperimentInput,
  InterruptTo,
  MessageNames,
  SendInput,
  SendTo,
  SeriesItemInput,
  SeriesTo,
  SplitTo,
  UpdateTo,
  VariantsInput,
  VariantsTo,
  WaitForInput,
  WaitForTo,
  WaitTo,
  WebhookTo,
} from './authoring/typed-steps.js'
import type { ExitStep, SeriesStep, SplitStep, WaitCase } from './step.js'

// The type parameters of the builders carry where a step leads, so that `defineSequence` can check it.

/** Sends one message. */
export function send<const Target extends string, const Channel extends string, const Template extends string>(
  spec: SendInput<Target, Channel, Template>,
): SendTo<Target, `${Channel}: ${Template}`> {
  return { kind: 'send', ...spec }
}

/**
 * Sends one of several variants of a message: a `split` under the step's own id, and a `send` named `<id>/<variant>` for each. Weights
 * are percent; without any the variants are equally likely.
 */
export function sendVariants<
  const Target extends string,
  const Channel extends string,
  const Template extends string,
  const Variant extends string,
>(spec: VariantsInput<Target, Channel, Template, Variant>): VariantsTo<Target, `${Channel}: ${Template}`> {
  return { kind: 'variants', ...spec }
}

/** Sends several messages around one anchor, each planned on its own. */
export function series<const Target extends string, const Items extends readonly SeriesItemInput[]>(
  spec: Omit<SeriesStep, 'kind' | 'items' | 'next' | 'past'> & {
    readonly items: Items & NoUnknownKeys<Items>
    readonly next: Target
    readonly past?: Target
  },
): SeriesTo<Target, MessageNames<Items[number]>> {
  return { kind: 'series', ...spec }
}

/** Type parameters accept any key; this takes the unknown ones back. */
type NoUnknownKeys<Items extends readonly SeriesItemInput[]> = {
  readonly [Index in keyof Items]: { readonly [Key in Exclude<keyof Items[Index], keyof SeriesItemInput>]: never }
}

/** Waits until a moment: `wait({ for: 'P1D', until: '08:00', next: 'tips' })`. */
export function wait<const Target extends string>(spec: Omit<WaitTo<Target>, 'kind'>): WaitTo<Target> {
  return { kind: 'wait', ...spec }
}

/**
 * Waits for the first of several things, or for one: `waitFor({ event: 'invited', within: 'PT48H', then: 'done', timedOut: 'help' })`.
 * `within` is short for a limit that counts from the run's base.
 */
export function waitFor<const Target extends string>(spec: WaitForInput<Target>): WaitForTo<Target> {
  const { name, metadata, since, timedOut, within, limit = { for: within }, cases, ...trigger } = spec
  return {
    kind: 'waitFor',
    ...(name === undefined ? {} : { name }),
    ...(metadata === undefined ? {} : { metadata }),
    cases: cases ?? [caseOf(trigger as Single<Target>)],
    limit,
    timedOut,
    ...(since === undefined ? {} : { since }),
  }
}

type Single<Target extends string> = Omit<WaitCase, 'next'> & { readonly then: Target }

function caseOf<Target extends string>({ then: next, ...trigger }: Single<Target>): WaitForTo<Target>['cases'][number] {
  return { ...(trigger as WaitCase), next }
}

/** Takes the first path whose condition holds. */
export function branch<const Target extends string>(spec: Omit<BranchTo<Target>, 'kind'>): BranchTo<Target> {
  return { kind: 'branch', ...spec }
}

/** Sends people down weighted arms; the weights are percent. */
export function split<const Target extends string, const Name extends string>(
  spec: Omit<SplitStep, 'kind' | 'arms' | 'experiment'> & {
    readonly arms: { readonly [Arm in Name]: ArmTo<Target> }
    readonly experiment?: ExperimentInput<NoInfer<Name>>
  },
): SplitTo<Target> {
  return { kind: 'split', ...spec }
}

/** Changes the contact. */
export function update<const Target extends string>(spec: Omit<UpdateTo<Target>, 'kind'>): UpdateTo<Target> {
  return { kind: 'update', ...spec }
}

/** Calls an HTTP endpoint. */
export function webhook<const Target extends string>(spec: Omit<WebhookTo<Target>, 'kind'>): WebhookTo<Target> {
  return { kind: 'webhook', ...spec }
}

/** Calls an action that the host registered. */
export function action<const Target extends string>(spec: Omit<ActionTo<Target>, 'kind'>): ActionTo<Target> {
  return { kind: 'action', ...spec }
}

/** Ends the run: `completed`, or with another reason. */
export function exit(reason?: string): ExitStep {
  return reason === undefined ? { kind: 'exit' } : { kind: 'exit', reason }
}

/** Leaves whatever step the run is in when its trigger comes, and goes on elsewhere. */
export function interrupt<const Target extends string>(spec: InterruptTo<Target>): InterruptTo<Target> {
  return spec
}
