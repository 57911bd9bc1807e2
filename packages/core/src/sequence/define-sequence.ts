import { expandVariants } from './authoring/expand-variants.js'
import type { InterruptTo, StepTo } from './authoring/typed-steps.js'
import { danglingEdges } from './lint/dangling-edges.js'
import { invalid } from './schema/schema-issues.js'
import type { Sequence } from './sequence.js'
import { parseSequence } from './sequence-schema.js'

/** Templates by id, of which only the channel matters here: the result of `defineTemplates`, or anything alike. */
export interface TemplateChannels {
  readonly [id: string]: { readonly channel: string }
}

/** The messages that templates allow, as `channel: template`; any, when the templates are not known. */
type MessagesOf<Templates extends TemplateChannels> = string extends keyof Templates
  ? string
  : { [Id in keyof Templates & string]: `${Templates[Id]['channel']}: ${Id}` }[keyof Templates & string]

/** A sequence as its author writes it: every `next` and its like is the id of a step, every message a template of its channel. */
export interface SequenceDefinition<Id extends string, Templates extends TemplateChannels> {
  /** With them, a `send` whose template does not exist, or is one of another channel, does not compile. */
  readonly templates?: Templates
  readonly start: NoInfer<Id>
  readonly steps: { readonly [Step in Id]: StepTo<NoInfer<Id>, NoInfer<MessagesOf<Templates>>> }
  readonly on?: readonly InterruptTo<NoInfer<Id>>[]
  readonly maxVisits?: number
}

/**
 * Writes a sequence in code, as the JSON that a UI would store: plain, and independent of what was passed in. A step that leads nowhere
 * does not compile, and is refused at run time too.
 * @throws {SequenceInvalidError} naming every step that is wrong and what would be right.
 */
export function defineSequence<const Id extends string, const Templates extends TemplateChannels = TemplateChannels>(
  definition: SequenceDefinition<Id, Templates>,
): Sequence {
  const { start, steps, on, maxVisits } = definition
  const sequence = parseSequence({ schema: 1, start, steps: expandVariants(steps), on, maxVisits })
  const issues = danglingEdges(sequence)
  if (issues.length > 0) throw invalid('The sequence', issues)
  return sequence
}
