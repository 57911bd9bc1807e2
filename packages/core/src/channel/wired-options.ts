import type { Channel } from '../ports/channel.js'

/** What every channel may be given by its host, whatever its provider. */
export type WiredOptions = Pick<Channel, 'ambiguity' | 'rate' | 'price'>

/** The options that a host has given a channel, for the channel to pass on as they are. */
export function wiredOptions({ ambiguity, rate, price }: WiredOptions): WiredOptions {
  return {
    ...(ambiguity === undefined ? {} : { ambiguity }),
    ...(rate === undefined ? {} : { rate }),
    ...(price === undefined ? {} : { price }),
  }
}
