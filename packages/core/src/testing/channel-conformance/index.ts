import { describe, it } from 'vitest'
import { lookupCases } from './lookup.js'
import { reportCases } from './reports.js'
import { sendCases } from './send.js'
import type { ChannelCases, ChannelSubject } from './subject.js'

export {
  type ChannelSubject,
  type ProviderAnswer,
  type ProviderStandIn,
  patienceMs,
  type ReportedDelivery,
  type ReportSource,
  type Signing,
} from './subject.js'

/** What {@link channelConformance} needs to know of a channel. */
export interface ChannelConformance {
  /** Shown above the cases. */
  readonly name: string
  /** A new channel with a new stand-in of its provider, that accepts. Called once per case. */
  readonly open: () => Promise<ChannelSubject>
  /** Cases that this channel cannot pass, by their sentence, or a whole group (`send`, `reports`, `lookup`), each with the reason. */
  readonly skip?: { readonly [sentenceOrGroup: string]: string }
}

const groups: { readonly [group: string]: ChannelCases } = {
  send: sendCases,
  reports: reportCases,
  lookup: lookupCases,
}

/**
 * Registers with vitest, one by one, what a Channel must do.
 * @throws {Error} when `skip` names what does not exist, or gives no reason.
 */
export function channelConformance({ name, open, skip = {} }: ChannelConformance): void {
  refuseBadSkips(skip)
  describe(`${name} as a Channel`, () => {
    for (const [group, cases] of Object.entries(groups)) {
      describe(group, () => {
        for (const [sentence, prove] of Object.entries(cases)) {
          const reason = skip[sentence] ?? skip[group]
          if (reason !== undefined) it.skip(`${sentence} (not here: ${reason})`)
          else it(sentence, () => withSubject(open, prove))
        }
      })
    }
  })
}

async function withSubject(open: ChannelConformance['open'], prove: ChannelCases[string]): Promise<void> {
  const subject = await open()
  try {
    await prove(subject)
  } finally {
    await subject.close()
  }
}

function refuseBadSkips(skip: NonNullable<ChannelConformance['skip']>): void {
  const known = new Set([...Object.keys(groups), ...Object.values(groups).flatMap((cases) => Object.keys(cases))])
  for (const [what, reason] of Object.entries(skip)) {
    if (!known.has(what)) throw new Error(`The channel suite has no case and no group "${what}" that could be skipped.`)
    if (reason.trim() === '') throw new Error(`Give a reason for skipping "${what}".`)
  }
}
