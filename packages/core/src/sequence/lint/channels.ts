import type { Issue } from '../../errors.js'
import { didYouMean } from '../nearest.js'
import { messagesOf } from '../parts/messages.js'
import type { Sequence } from '../sequence.js'
import { error, type LintContext, nameOf } from './rule.js'

/** Messages go out by channels that are configured. */
export function channels(sequence: Sequence, { channels: known }: LintContext): readonly Issue[] {
  if (known === undefined) return []
  return messagesOf(sequence)
    .filter(({ message }) => !known.includes(message.channel))
    .map((found) => {
      const { channel } = found.message
      const legal = known.length === 0 ? 'None is configured.' : `Configured are ${known.join(', ')}.`
      return error(
        'unknown_channel',
        [...found.path, 'channel'],
        `${nameOf(found)} goes out by the channel "${channel}", which is not configured.`,
        `Pass such a channel to createDrumbeat(), or name another one. ${legal}${didYouMean(channel, known)}`,
      )
    })
}
