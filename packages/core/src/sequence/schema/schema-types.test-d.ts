import { describe, expectTypeOf, it } from 'vitest'
import type * as z from 'zod'
import type { JsonObject, JsonValue } from '../../json.js'
import type { Moment } from '../../schedule/moment.js'
import type { Condition } from '../condition.js'
import type { Sequence } from '../sequence.js'
import type { sequenceSchema } from '../sequence-schema.js'
import type { Interrupt, MessageSpec, RuleOverrides, Step } from '../step.js'
import type { conditionSchema } from './condition-schema.js'
import type { messageShape, overridesSchema } from './message-schema.js'
import type { momentSchema } from './moment-schema.js'
import type { interruptSchema, stepSchema } from './step-schema.js'

/**
 * What a schema reads is mutable; our types are not. Otherwise they are to be the same. Conditions and JSON, which contain themselves, are
 * read-only already.
 */
type DeepReadonly<Value> = true extends Is<Value, Condition> | Is<Value, JsonValue> | Is<Value, JsonObject>
  ? Value
  : Value extends readonly (infer Member)[]
    ? readonly DeepReadonly<Member>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
      : Value

/** True for one and the same type, not only for types that go into each other. */
type Is<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false

type Read<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>
type Keys<Value> = Value extends unknown ? keyof Value : never

describe('schemas and types say the same', () => {
  it('of a step of every kind, both ways', () => {
    // Written out, because expectTypeOf goes too deep for the compiler here.
    const there = (step: Read<typeof stepSchema>): Step => step
    const back = (step: Step): Read<typeof stepSchema> => step
    expectTypeOf(there).toBeFunction()
    expectTypeOf(back).toBeFunction()
  })

  it('of every kind by itself, down to its keys', () => {
    type SameKeys = { [Kind in Step['kind']]: Same<Kind> }
    type Same<Kind extends Step['kind']> = [
      Exclude<Keys<Extract<Step, { kind: Kind }>>, Keys<Extract<Read<typeof stepSchema>, { kind: Kind }>>>,
      Exclude<Keys<Extract<Read<typeof stepSchema>, { kind: Kind }>>, Keys<Extract<Step, { kind: Kind }>>>,
    ]
    expectTypeOf<SameKeys[Step['kind']]>().toEqualTypeOf<[never, never]>()
  })

  it('of conditions, moments, rules, triggers and interrupts', () => {
    expectTypeOf<z.output<typeof conditionSchema>>().toEqualTypeOf<Condition>()
    expectTypeOf<Read<typeof momentSchema>>().toExtend<Moment>()
    expectTypeOf<Moment>().toExtend<Read<typeof momentSchema>>()
    expectTypeOf<keyof Read<typeof momentSchema>>().toEqualTypeOf<keyof Moment>()
    expectTypeOf<Read<typeof overridesSchema>>().toExtend<RuleOverrides>()
    expectTypeOf<RuleOverrides>().toExtend<Read<typeof overridesSchema>>()
    expectTypeOf<keyof Read<typeof overridesSchema>>().toEqualTypeOf<keyof RuleOverrides>()
    expectTypeOf<keyof typeof messageShape>().toEqualTypeOf<keyof MessageSpec>()
    expectTypeOf<Read<typeof interruptSchema>>().toExtend<Interrupt>()
    expectTypeOf<Interrupt>().toExtend<Read<typeof interruptSchema>>()
  })

  it('of a whole sequence', () => {
    const there = (sequence: Read<typeof sequenceSchema>): Sequence => sequence
    const back = (sequence: Sequence): Read<typeof sequenceSchema> => sequence
    expectTypeOf(there).toBeFunction()
    expectTypeOf(back).toBeFunction()
    expectTypeOf<keyof Read<typeof sequenceSchema>>().toEqualTypeOf<keyof Sequence>()
  })
})
