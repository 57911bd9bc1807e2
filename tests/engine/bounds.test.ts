import { branch, defineSequence, event, exit, sandboxChannel, send } from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { stage } from './stage.js'

describe('intents', () => {
  it('are written only for what can start at once, and what was not started is released uncounted', async () => {
    let underWay = 0
    let most = 0
    const played = await stage({
      people: 30,
      settings: { maxInFlight: 4, batchSize: 10 },
      channel: (clock) => {
        const channel = sandboxChannel({ name: 'email', clock })
        return {
          ...channel,
          async send(message, context) {
            underWay++
            const { inFlight } = await played.store.control.openAttempts({
              scope: { workspaceId: 'acme', kind: 'workspace', ref: '' },
              now: clock.now(),
            })
            most = Math.max(most, inFlight)
            const outcome = await channel.send(message, context)
            underWay--
            return outcome
          },
        }
      },
    })
    for (let n = 0; n < 30; n++) await played.workspace.track({ contactId: `p${n}`, event: 'in' })
    await played.drumbeat.tick()
    expect([most, underWay, (await played.states()).filter((state) => state === 'mail sent').length]).toEqual([
      4, 0, 30,
    ])
  })

  it('whose permit has run out before the call are put back as not started, without an attempt', async () => {
    const played = await stage({ people: 2, settings: { maxInFlight: 2 } })
    const { intend } = played.store.deliveries
    let late = true
    played.store.deliveries.intend = async (request) => {
      const results = await intend.call(played.store.deliveries, request)
      if (late) played.clock.advance(10_000)
      late = false
      return results
    }
    for (const contactId of ['p0', 'p1']) await played.workspace.track({ contactId, event: 'in' })
    await played.drumbeat.tick()
    const [first] = await played.workspace.deliveries(played.campaign.id)
    expect(first).toMatchObject({ state: 'scheduled', reason: 'not_started', attempts: 0, intendedAt: null })
    await played.play(60_000, 1000)
    expect(await played.states()).toEqual(['mail sent', 'mail sent'])
    expect((await played.workspace.deliveries(played.campaign.id)).map(({ attempts }) => attempts)).toEqual([1, 1])
  })
})

describe('what decisions are made from', () => {
  it('is read by one query per kind, however many runs are decided about', async () => {
    const readsFor = async (people: number): Promise<readonly string[]> => {
      const played = await stage({
        people,
        sequence: defineSequence({
          start: 'paid?',
          steps: {
            'paid?': branch({ cases: [{ when: event('paid'), next: 'done' }], otherwise: 'mail' }),
            mail: send({ channel: 'email', template: 'mail', next: 'done' }),
            done: exit(),
          },
        }),
      })
      for (let n = 0; n < people; n++) await played.workspace.track({ contactId: `p${n}`, event: 'in' })
      const reads: string[] = []
      const { contacts, inbox, deliveries, campaigns, templates } = played.store
      for (const [group, names] of [
        [contacts, ['get', 'permissions']],
        [inbox, ['events']],
        [deliveries, ['ofRecipients', 'get']],
        [campaigns, ['versions', 'get']],
        [templates, ['get']],
      ] as const) {
        const methods = group as unknown as Record<string, (...given: readonly unknown[]) => unknown>
        for (const name of names) {
          const real = methods[name]?.bind(group)
          methods[name] = (...given) => {
            reads.push(name)
            return real?.(...given)
          }
        }
      }
      await played.drumbeat.tick()
      expect(await played.states()).toHaveLength(people)
      return reads
    }
    expect(await readsFor(100)).toEqual(await readsFor(1))
  })
})
