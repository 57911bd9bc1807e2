import type { ContactInput } from '../contact/contact.js'
import type { PermissionChange } from '../contact/permission-change.js'
import type { Delivery } from '../delivery/delivery.js'
import type { JsonObject } from '../json.js'
import type { ActionStep, MessageSpec, WebhookStep } from '../sequence/step.js'

/** What a decision asks for. Data only; the engine carries it out. */
export type Effect =
  /** Start a message: the run waits for its outcome. At most one of `send` and `call` per decision. */
  | { readonly kind: 'send'; readonly send: PlannedSend }
  /** Start a webhook's or an action's call: the run waits for its outcome. */
  | { readonly kind: 'call'; readonly call: PlannedCall }
  /** Keep a record of a message that was put off, skipped, expired or canceled. */
  | { readonly kind: 'record'; readonly delivery: Delivery }
  /** Change the contact. */
  | {
      readonly kind: 'update'
      readonly contact: ContactInput | null
      readonly permissions: readonly PermissionChange[]
    }
  /** Report an event about the contact, to be taken in like any other. */
  | { readonly kind: 'emit'; readonly event: string; readonly data: JsonObject }
  /** Go on finding out what became, or becomes, of a delivery that the run no longer waits for. */
  | { readonly kind: 'detach'; readonly deliveryId: number }
  /** Count something, per step (`''` = the campaign). */
  | { readonly kind: 'count'; readonly name: string; readonly stepId: string }
  /** The run has ended. */
  | { readonly kind: 'finish'; readonly reason: string }

/** A message to render and start. */
export interface PlannedSend {
  /** As it is to be written, but for what only rendering knows: template version, hash, segments. */
  readonly delivery: Delivery
  readonly spec: MessageSpec
  /** Started so long after it was due that the gap between late messages applies. */
  readonly late: boolean
}

/** A call to start. */
export interface PlannedCall {
  readonly delivery: Delivery
  readonly step: WebhookStep | ActionStep
}

/** The event by which a run that ends with scope `contact` tells the contact's other runs. */
export const contactExited = 'drumbeat.contact_exited'

/** The event by which a run that begins by the clock asks for the next one of its contact. */
export const occurred = 'drumbeat.occurred'
