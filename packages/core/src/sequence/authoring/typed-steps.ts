import type { Moment } from '../../schedule/moment.js'
import type {
  ActionStep,
  Arm,
  BranchStep,
  ExitStep,
  ExperimentSpec,
  Interrupt,
  MessageSpec,
  SendStep,
  SeriesItem,
  SeriesStep,
  SplitStep,
  UpdateStep,
  WaitForStep,
  WaitStep,
  WaitTrigger,
  WebhookStep,
} from '../step.js'

declare const message: unique symbol

/** Carries, for the compiler only, the messages of a step as `channel: template`. */
interface Messages<Message extends string> {
  readonly [message]?: Message
}

/** A template's id, or that id with a version to pin. */
export type TemplateChoice<Template extends string> = Template | { readonly id: Template; readonly version: number }

/** A message whose channel, template and earlier step are known to the compiler. */
export interface MessageInput<Target extends string, Channel extends string, Template extends string>
  extends Omit<MessageSpec, 'channel' | 'template' | 'thread'> {
  readonly channel: Channel
  readonly template: TemplateChoice<Template>
  readonly thread?: { readonly sameAs: Target }
}

/** Where a failure leads. */
interface FailureInput<Target extends string> {
  readonly failed?: Target
  readonly onFailure?: 'advance' | 'exit'
}

/** A `send` that leads to some of the steps named `Target`. */
export interface SendTo<Target extends string, Message extends string = string>
  extends Omit<SendStep, 'next' | 'failed' | 'thread'>,
    Messages<Message> {
  readonly next: Target
  readonly failed?: Target
  readonly thread?: { readonly sameAs: Target }
}

/** A `series` that leads to some of the steps named `Target`. */
export interface SeriesTo<Target extends string, Message extends string = string>
  extends Omit<SeriesStep, 'next' | 'past'>,
    Messages<Message> {
  readonly next: Target
  readonly past?: Target
}

/** A `wait` that leads to some of the steps named `Target`. */
export interface WaitTo<Target extends string> extends Omit<WaitStep, 'next' | 'past'> {
  readonly next: Target
  readonly past?: Target
}

/** A case of a `waitFor` that leads to a step named `Target`. */
export type WaitCaseTo<Target extends string> = WaitTrigger & { readonly next: Target }

/** A `waitFor` that leads to some of the steps named `Target`. */
export interface WaitForTo<Target extends string> extends Omit<WaitForStep, 'cases' | 'timedOut'> {
  readonly cases: readonly WaitCaseTo<Target>[]
  readonly timedOut: Target
}

/** A `branch` that leads to some of the steps named `Target`. */
export interface BranchTo<Target extends string> extends Omit<BranchStep, 'cases' | 'otherwise'> {
  readonly cases: readonly { readonly when: BranchStep['cases'][number]['when']; readonly next: Target }[]
  readonly otherwise: Target
}

/** An arm that leads to a step named `Target`. */
export interface ArmTo<Target extends string> extends Omit<Arm, 'next'> {
  readonly next: Target
}

/** A `split` that leads to some of the steps named `Target`. */
export interface SplitTo<Target extends string> extends Omit<SplitStep, 'arms'> {
  readonly arms: { readonly [name: string]: ArmTo<Target> }
}

/** An experiment whose fallback is one of the arms. */
export interface ExperimentInput<ArmName extends string> extends Omit<ExperimentSpec, 'fallback'> {
  readonly fallback: ArmName
}

/** An `update` that leads to a step named `Target`. */
export interface UpdateTo<Target extends string> extends Omit<UpdateStep, 'next'> {
  readonly next: Target
}

/** A `webhook` that leads to some of the steps named `Target`. */
export interface WebhookTo<Target extends string> extends Omit<WebhookStep, 'next' | 'failed'> {
  readonly next: Target
  readonly failed?: Target
}

/** An `action` that leads to some of the steps named `Target`. */
export interface ActionTo<Target extends string> extends Omit<ActionStep, 'exits' | 'failed'> {
  readonly exits: { readonly next: Target; readonly [name: string]: Target }
  readonly failed?: Target
}

/** Variants of one message. No kind of step: `defineSequence` writes it as a `split` and a `send` per variant. */
export interface VariantsTo<Target extends string, Message extends string = string>
  extends Omit<MessageSpec, 'template' | 'thread'>,
    FailureInput<Target>,
    Messages<Message> {
  readonly kind: 'variants'
  readonly name?: string
  readonly variants: {
    readonly [name: string]: { readonly template: MessageSpec['template']; readonly weight?: number }
  }
  readonly salt?: string
  readonly experiment?: ExperimentSpec
  readonly thread?: { readonly sameAs: Target }
  readonly next: Target
}

/** A step, as the builders make it, that leads to steps named `Target` and sends messages named `Message`. */
export type StepTo<Target extends string, Message extends string = string> =
  | SendTo<Target, Message>
  | SeriesTo<Target, Message>
  | VariantsTo<Target, Message>
  | WaitTo<Target>
  | WaitForTo<Target>
  | BranchTo<Target>
  | SplitTo<Target>
  | UpdateTo<Target>
  | WebhookTo<Target>
  | ActionTo<Target>
  | ExitStep

/** An interrupt that leads to a step named `Target`. */
export interface InterruptTo<Target extends string> extends Omit<Interrupt, 'goto' | 'within'> {
  readonly goto: Target
  readonly within?: readonly Target[]
}

/** What `send` takes. */
export interface SendInput<Target extends string, Channel extends string, Template extends string>
  extends MessageInput<Target, Channel, Template>,
    FailureInput<Target> {
  readonly name?: string
  readonly next: Target
}

/** What `sendVariants` takes. Weights are percent; without any the variants are equally likely. */
export interface VariantsInput<
  Target extends string,
  Channel extends string,
  Template extends string,
  Variant extends string,
> extends Omit<MessageInput<Target, Channel, Template>, 'template'>,
    FailureInput<Target> {
  readonly name?: string
  readonly variants: {
    readonly [Name in Variant]: { readonly template: TemplateChoice<Template>; readonly weight?: number }
  }
  readonly salt?: string
  readonly experiment?: ExperimentInput<NoInfer<Variant>>
  readonly next: Target
}

/** How long a `waitFor` waits at most: an ISO-8601 duration from the run's base, or any moment. */
type LimitInput =
  | { readonly within: string; readonly limit?: undefined }
  | { readonly limit: Moment; readonly within?: undefined }

/** What `waitFor` takes: one thing to wait for and where it leads (`then`), or several `cases`. */
export type WaitForInput<Target extends string> = LimitInput & {
  readonly name?: string
  readonly metadata?: WaitForStep['metadata']
  readonly since?: WaitForStep['since']
  readonly timedOut: Target
} & (
    | (WaitTrigger & { readonly then: Target; readonly cases?: undefined })
    | { readonly cases: readonly WaitCaseTo<Target>[]; readonly then?: undefined }
  )

/** An item of a series, before its messages are known to the compiler. */
export type SeriesItemInput = SeriesItem

/** `channel: template` for each of some messages. */
export type MessageNames<Item> = Item extends {
  readonly channel: infer Channel extends string
  readonly template: infer Template
}
  ? `${Channel}: ${Template extends { readonly id: infer Id extends string } ? Id : Template & string}`
  : never
