import {
  type Action,
  type CallOutcome,
  ConfigurationError,
  type JsonValue,
  type Sequence,
  type WebhookCaller,
  type Wiring,
} from '@drumbeat/core'

/** What a webhook or an action is taken to answer. */
export type Answer = CallOutcome | ((call: SimulatedCall) => CallOutcome)

/** Answers by the id of the step that asks. */
export type Answers = { readonly [stepId: string]: Answer }

/** A call that a simulation does not make. */
export interface SimulatedCall {
  readonly contactId: string
  readonly stepId: string
  /** The input of an action, the body of a webhook. */
  readonly input: JsonValue
}

const done: CallOutcome = { outcome: 'done', reply: null }
const outcomes: readonly CallOutcome['outcome'][] = ['done', 'failed', 'not_done', 'unknown']

/**
 * Stands in for the host's actions and webhooks. A step for which no answer is given is told that its call is done. What the engine lacks
 * is lacking here as well, unless an answer is given in its place.
 */
export function standIns(
  answers: Answers,
  sequence: Sequence,
  wiring: Wiring,
): { readonly actions: readonly Action[]; readonly webhooks?: WebhookCaller } {
  const answer = (call: SimulatedCall): CallOutcome => {
    const given = Object.hasOwn(answers, call.stepId) ? answers[call.stepId] : undefined
    return typeof given === 'function' ? given(call) : (given ?? done)
  }
  const answered = Object.entries(sequence.steps).filter(([id]) => Object.hasOwn(answers, id))
  const names = answered.flatMap(([, step]) => (step.kind === 'action' ? [step.action] : []))
  const lacking = [...new Set(names)].filter((name) => !wiring.actions.some((action) => action.name === name))
  const actions = [...wiring.actions, ...lacking.map((name) => ({ name }))].map(
    (action): Action => ({
      ...action,
      run: async ({ contactId, stepId, input }) => answer({ contactId, stepId, input }),
    }),
  )
  const webhooks: WebhookCaller = {
    call: async ({ body: { contactId, stepId, body = null } }) =>
      answer({ contactId: String(contactId), stepId: String(stepId), input: body }),
  }
  const performed = wiring.webhooks || answered.some(([, { kind }]) => kind === 'webhook')
  return { actions, ...(performed ? { webhooks } : {}) }
}

/** @throws {ConfigurationError} when an answer is for no step that asks, or is none that the step could get. */
export function checkAnswers(answers: Answers, { steps }: Sequence): void {
  const asking = Object.keys(steps).filter((id) => steps[id]?.kind === 'webhook' || steps[id]?.kind === 'action')
  for (const [id, given] of Object.entries(answers)) {
    const step = Object.hasOwn(steps, id) ? steps[id] : undefined
    if (step?.kind !== 'webhook' && step?.kind !== 'action') {
      const legal = asking.length === 0 ? 'this sequence has none' : `these are ${asking.join(', ')}`
      throw new ConfigurationError(`answers names "${id}", which is no webhook or action step; ${legal}.`)
    }
    if (typeof given === 'function') continue
    if (!outcomes.includes(given?.outcome)) {
      throw new ConfigurationError(`answers["${id}"].outcome may be ${outcomes.join(', ')}.`)
    }
    const exit = given.outcome === 'done' ? given.exit : undefined
    const exits = step.kind === 'action' ? Object.keys(step.exits) : ['next']
    if (exit !== undefined && !exits.includes(exit)) {
      throw new ConfigurationError(`answers["${id}"].exit is "${exit}"; the step's exits are ${exits.join(', ')}.`)
    }
  }
}
