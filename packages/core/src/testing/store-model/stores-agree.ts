import fc from 'fast-check'
import { expect } from 'vitest'
import type { Store } from '../../ports/store.js'
import { aCampaign, aVersion, testStart } from '../builders.js'
import { byJson, dumpWorkspace, sorted } from '../store-dump.js'
import { among, Command, command } from './command.js'
import { appendCommands, inboxCommands } from './inbox-commands.js'
import { readCommands } from './read-commands.js'
import { recordCommands, upsertCommand } from './record-commands.js'
import { engineCommands, enrollCommand, hotCommands } from './run-commands.js'
import { addressOf, Subject, world } from './subject.js'

/** Gives an open and *empty* store, as for the conformance suite. */
export type OpenStore = () => Promise<{ readonly store: Store; readonly close: () => Promise<void> }>

/** How long to look for a difference. */
export interface StoresAgreeOptions {
  /** Lists of commands to play. Default 100. */
  readonly runs?: number
  /** Most commands in a list. Default 100. */
  readonly commands?: number
  /** Plays the same lists again. Default: the day's luck, shown when a difference is found. */
  readonly seed?: number
  /** Looks for the shortest list when one was found. Default true. */
  readonly shrink?: boolean
}

/**
 * Plays random lists of commands over the whole port against two stores and compares every answer, and in the end everything that
 * can be read. The first store is the oracle.
 * @throws {Error} with the shortest list that fast-check found on which they differ, and the seed.
 */
export async function storesAgree(
  oracle: OpenStore,
  other: OpenStore,
  options: StoresAgreeOptions = {},
): Promise<void> {
  const { runs = 100, commands = 100, seed, shrink = true } = options
  const list = fc.noBias(fc.array(anyCommand(), { minLength: 1, maxLength: commands, size: 'max' }))
  const property = fc.asyncProperty(list, (chosen) => playBoth(oracle, other, chosen))
  await fc.assert(property, { numRuns: runs, endOnFailure: !shrink, ...(seed === undefined ? {} : { seed }) })
}

function anyCommand(): fc.Arbitrary<Command> {
  const weighted = (commands: readonly fc.Arbitrary<Command>[], weight: number) =>
    commands.map((arbitrary) => ({ arbitrary, weight }))
  return fc.oneof(
    ...weighted(hotCommands, 24),
    ...weighted(engineCommands, 4),
    ...weighted(inboxCommands, 5),
    ...weighted(recordCommands, 2),
    ...weighted(readCommands, 1),
    { arbitrary: hostTransaction(), weight: 3 },
    { arbitrary: timePasses(), weight: 16 },
  )
}

function timePasses(): fc.Arbitrary<Command> {
  return command('time passes', among([1, 30_000, 61_000, 66_000]), async (subject, ms) => {
    subject.now += ms
  })
}

function hostTransaction(): fc.Arbitrary<Command> {
  const members = fc.array(fc.oneof(...appendCommands, enrollCommand(), upsertCommand()), {
    minLength: 1,
    maxLength: 3,
  })
  return fc.record({ members, fails: fc.boolean() }).map(({ members, fails }) => {
    const play = async (subject: Subject): Promise<unknown> => {
      const answers: unknown[] = []
      const outcome = subject.store.transaction(async (tx) => {
        subject.tx = tx
        for (const member of members) answers.push(subject.named(await member.perform(subject)))
        if (fails) throw new Error('rolled back')
      })
      await outcome.catch((error) => {
        if (!fails) throw error
      })
      subject.tx = undefined
      return answers
    }
    const perform = (subject: Subject) => (fails ? subject.unlearn(() => play(subject)) : play(subject))
    return new Command(fails ? 'transaction, rolled back' : 'transaction', members, perform)
  })
}

async function playBoth(oracle: OpenStore, other: OpenStore, commands: readonly Command[]): Promise<void> {
  const opened = await Promise.all([oracle(), other()])
  try {
    const [left, right] = await Promise.all([subjectOf(opened[0].store), subjectOf(opened[1].store)])
    for (const [index, one] of commands.entries()) {
      const [expected, actual] = [await answerOf(left, one), await answerOf(right, one)]
      expect(actual, `the answer to command ${index}, ${one.name}`).toEqual(expected)
    }
    for (const workspaceId of world.workspaces) {
      const [expected, actual] = [await dump(left, workspaceId), await dump(right, workspaceId)]
      expect(actual, `what is in workspace ${workspaceId} after ${commands.length} commands`).toEqual(expected)
    }
  } finally {
    await Promise.all(opened.map(({ close }) => close()))
  }
}

/** A store with the campaigns that runs begin in, and engines that claim. */
async function subjectOf(store: Store): Promise<Subject> {
  const subject = new Subject(store)
  for (const workspaceId of world.workspaces) {
    for (const id of world.campaigns) {
      const campaign = aCampaign({ workspaceId, id, activation: { after: null, enrolled: 0 } })
      await store.campaigns.save({ campaign, expectedRevision: null })
      await store.campaigns.publish(aVersion(campaign))
      subject.campaigns.add(`${workspaceId}/${id}`)
    }
  }
  for (const engineId of world.engines) {
    const beat = await store.control.heartbeat({ engineId, epoch: null, leaseMs: 60_000, now: testStart })
    subject.began(engineId, beat?.epoch ?? 0)
  }
  return subject
}

async function answerOf(subject: Subject, one: Command): Promise<unknown> {
  return sorted(subject.named(await one.perform(subject)))
}

async function dump(subject: Subject, workspaceId: string): Promise<unknown> {
  const { perCampaign, ...rest } = await dumpWorkspace(subject.store, {
    workspaceId,
    contactIds: world.contacts,
    addresses: world.channels.flatMap((channel) => world.contacts.map((id) => ({ channel, address: addressOf(id) }))),
    eventNames: world.events,
    now: subject.now,
  })
  // Runs that began in one call have their ids in any order.
  const campaigns = perCampaign.map(({ recipients, ...campaign }) => ({
    ...campaign,
    recipients: recipients.map((run) => subject.named(run)).sort(byJson),
  }))
  return sorted(subject.named({ campaigns, rest }))
}
