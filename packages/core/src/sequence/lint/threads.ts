import type { Issue } from '../../errors.js'
import { suggestions } from '../nearest.js'
import { messagesOf } from '../parts/messages.js'
import { type Sequence, stepOf } from '../sequence.js'
import { orderOf } from './comes-after.js'
import { error, nameOf } from './rule.js'

/** A message continues the conversation of a send that comes before it, on the same channel. */
export function threads(sequence: Sequence): readonly Issue[] {
  const suggest = suggestions(Object.keys(sequence.steps))
  const comesAfter = orderOf(sequence)
  return messagesOf(sequence).flatMap((found): readonly Issue[] => {
    const { stepId, message, path } = found
    if (message.thread === undefined) return []
    const { sameAs } = message.thread
    const object = (problem: string, fix: string): readonly Issue[] => [
      error(
        'bad_thread',
        [...path, 'thread', 'sameAs'],
        `${nameOf(found)} continues the thread of "${sameAs}", ${problem}.`,
        fix,
      ),
    ]
    const earlier = stepOf(sequence, sameAs)
    if (earlier === undefined) return object('which is not a step', `Name an earlier send.${suggest(sameAs)}`)
    if (earlier.kind !== 'send')
      return object(`which is of the kind ${earlier.kind}`, 'Name an earlier step of the kind send.')
    if (earlier.channel !== message.channel) {
      return object(
        `which goes out by ${earlier.channel} and not by ${message.channel}`,
        'Name a send of the same channel.',
      )
    }
    return comesAfter(sameAs, stepId) ? [] : object('which does not come before it', 'Name a send that comes earlier.')
  })
}
