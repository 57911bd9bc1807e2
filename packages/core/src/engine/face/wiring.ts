import type { Action } from '../../ports/caller.js'
import type { Channel } from '../../ports/channel.js'
import type { EngineContext, EngineSettings } from '../context.js'

/** What an engine was wired with: what its campaigns can use, and what a simulation of them has to stand in for. */
export interface Wiring {
  readonly channels: readonly Pick<Channel, 'name' | 'account' | 'addressKind' | 'price'>[]
  readonly actions: readonly Pick<Action, 'name' | 'check'>[]
  /** Whether webhook steps can be performed; otherwise they fail. */
  readonly webhooks: boolean
  /** Whether `{{unsubscribeUrl}}` is known. */
  readonly unsubscribeUrl: boolean
  readonly settings: EngineSettings
}

/** What may be known of the wiring: no client, no secret. */
export function wiringOf({ channels, actions, webhooks, unsubscribeUrl, settings }: EngineContext): Wiring {
  return {
    channels: [...channels.values()].map(({ name, account, addressKind, price }) => ({
      name,
      account,
      addressKind,
      ...(price === undefined ? {} : { price }),
    })),
    actions: [...actions.values()].map((action) => ({
      name: action.name,
      check: (input) => action.check?.(input) ?? [],
    })),
    webhooks: webhooks !== null,
    unsubscribeUrl: unsubscribeUrl !== null,
    settings,
  }
}
