import { defineSequence, emailTemplate, exit, sandboxChannel, send, wait } from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { day, hour, once, stage } from './stage.js'

const sequence = defineSequence({
  start: 'an-hour',
  steps: {
    'an-hour': wait({ for: 'PT1H', next: 'mail' }),
    mail: send({ channel: 'email', template: 'mail', next: 'a-day' }),
    'a-day': wait({ for: 'P1D', next: 'second' }),
    second: send({ channel: 'email', template: 'mail', next: 'done' }),
    done: exit(),
  },
})

async function waiting() {
  const played = await stage({ sequence })
  await played.workspace.track({ contactId: 'p0', event: 'in' })
  await played.drumbeat.tick()
  return played
}

describe('a paused step', () => {
  it('holds who comes to it, and lets them go on when it is resumed', async () => {
    const { workspace, campaign, play, states } = await waiting()
    await workspace.campaigns.pause(campaign.id, { step: 'mail' })
    await play(2 * hour)
    expect(await states()).toEqual([])
    await workspace.campaigns.resume(campaign.id, { step: 'mail' })
    await play(hour)
    expect(await states()).toEqual(['mail sent'])
  })

  it('is resumed by a policy too, and keeps nobody from the steps behind it', async () => {
    const { workspace, campaign, play, states } = await waiting()
    await workspace.campaigns.pause(campaign.id, { step: 'mail' })
    await play(2 * hour)
    await workspace.campaigns.resume(campaign.id, { step: 'mail', policy: 'skip' })
    await play(2 * day, hour)
    expect(await states()).toEqual(['mail skipped', 'second sent'])
  })

  it('must exist, and be paused before it is resumed', async () => {
    const { workspace, campaign } = await waiting()
    await expect(workspace.campaigns.pause(campaign.id, { step: 'male' })).rejects.toThrow('no step "male"')
    await expect(workspace.campaigns.resume(campaign.id, { step: 'mail' })).rejects.toThrow('it is not paused')
  })
})

describe('a pause', () => {
  it('that ends while a run is being held does not leave it behind', async () => {
    const { workspace, campaign, store, play, states } = await waiting()
    await workspace.campaigns.pause(campaign.id)
    once(store.recipients, 'park', (park) => async (parkings) => {
      await workspace.campaigns.resume(campaign.id)
      return park(parkings)
    })
    await play(2 * hour)
    expect(await states()).toEqual(['mail sent'])
  })

  it('that was ended half-way when the process died is ended by the next engine, by the same policy', async () => {
    const { workspace, campaign, store, play, states } = await waiting()
    await workspace.campaigns.pause(campaign.id)
    await play(2 * hour)
    once(store.recipients, 'commit', () => async () => {
      throw new Error('the process died here')
    })
    await expect(workspace.campaigns.resume(campaign.id, { policy: 'skip' })).rejects.toThrow('died')
    await play(2 * day, hour)
    expect(await states()).toEqual(['mail skipped', 'second sent'])
  })

  it('goes through although the engine changes the campaign at the same moment', async () => {
    const { workspace, campaign, store } = await waiting()
    const { save } = store.campaigns
    once(store.campaigns, 'save', () => async (request) => {
      const now = await workspace.campaigns.get(campaign.id)
      await save.call(store.campaigns, {
        campaign: { ...now, revision: now.revision + 1 },
        expectedRevision: now.revision,
      })
      return save.call(store.campaigns, request)
    })
    expect(await workspace.campaigns.pause(campaign.id)).toMatchObject({ status: 'paused' })
  })

  it('of the workspace lets everybody go on when it is over', async () => {
    const { workspace, play, states } = await waiting()
    await workspace.emergencyStop()
    await play(2 * hour)
    expect(await states()).toEqual([])
    await workspace.resumeAfterStop()
    await play(hour)
    expect(await states()).toEqual(['mail sent'])
  })
})

describe('a campaign that was changed after it was published', () => {
  it('lets people begin with the first step of what is published', async () => {
    const played = await stage({ sequence })
    const { workspace, campaign, play, states } = played
    await workspace.templates.publish('other', emailTemplate({ subject: 'Other', html: '{{unsubscribeUrl}}' }))
    const changed = defineSequence({
      start: 'other',
      steps: { other: send({ channel: 'email', template: 'other', next: 'done' }), done: exit() },
    })
    await workspace.campaigns.update(campaign.id, { sequence: changed })
    await workspace.track({ contactId: 'p0', event: 'in' })
    await play(2 * hour)
    expect(await states()).toEqual(['mail sent'])
  })
})

describe('a stop', () => {
  it('resolves although another engine finishes it first', async () => {
    const { workspace, campaign, store, drumbeat, runs } = await waiting()
    once(store.control, 'openAttempts', (openAttempts) => async (request) => {
      await drumbeat.tick()
      return openAttempts(request)
    })
    await workspace.campaigns.stop(campaign.id)
    expect([(await workspace.campaigns.get(campaign.id)).status, await runs()]).toEqual([
      'stopped',
      ['exited at an-hour: stopped'],
    ])
  })
})

describe('a blocked account', () => {
  it('of one tenant’s webhooks leaves another tenant’s alone, and uses up no intent', async () => {
    const calls: string[] = []
    const webhooks = {
      call: async ({ body }: { readonly body: { readonly [name: string]: unknown } }) => {
        calls.push(String(body.workspaceId))
        return body.workspaceId === 'acme'
          ? ({ outcome: 'unknown', code: 'reset' } as const)
          : ({ outcome: 'done', reply: {} } as const)
      },
    }
    const hook = defineSequence({
      start: 'hook',
      steps: { hook: { kind: 'webhook', url: 'https://example.com/x', next: 'done' }, done: exit() },
    })
    const failing = await stage({ sequence: hook, people: 60, webhooks, engineId: 'a' })
    for (let n = 0; n < 60; n++) await failing.workspace.track({ contactId: `p${n}`, event: 'in' })
    await failing.drumbeat.tick()
    const { length: made } = calls
    expect(made).toBeLessThanOrEqual(60)
    let intents = 0
    const { intend } = failing.store.deliveries
    failing.store.deliveries.intend = async (request) => {
      intents += request.intents.length
      return intend.call(failing.store.deliveries, request)
    }
    const fine = failing.drumbeat.workspace('fine')
    await fine.contacts.import([{ id: 'p0', addresses: {} }])
    const { id } = await fine.campaigns.create({ name: 'Fine', sequence: hook })
    await fine.campaigns.activate(id)
    await failing.workspace.track({ contactId: 'p0', event: 'in' })
    await failing.drumbeat.tick()
    expect([calls.slice(made), intents]).toEqual([['fine'], 1])
  })
})

describe('a clock', () => {
  it('that is ahead of the Store’s is set by it, and what is due goes out', async () => {
    const { store, ...rest } = await stage({ channel: (clock) => sandboxChannel({ name: 'email', clock }) })
    const { heartbeat } = store.control
    store.control.heartbeat = async (request) => {
      const beat = await heartbeat.call(store.control, request)
      return beat === null ? null : { ...beat, storeNow: rest.clock.now() - 4000 }
    }
    const { intend } = store.deliveries
    store.deliveries.intend = async (request) => {
      const results = await intend.call(store.deliveries, request)
      return results.map((one) => (one.result === 'started' ? { ...one, permitUntil: rest.clock.now() - 1000 } : one))
    }
    await rest.drumbeat.tick()
    await rest.workspace.track({ contactId: 'p0', event: 'in', at: rest.clock.now() })
    await rest.play(60_000)
    expect(await rest.states()).toEqual(['mail sent'])
  })

  it('that is off by more than is allowed starts no work, and says what to do', async () => {
    const { drumbeat, store, clock } = await stage()
    const { heartbeat } = store.control
    store.control.heartbeat = async (request) => {
      const beat = await heartbeat.call(store.control, request)
      return beat === null ? null : { ...beat, storeNow: clock.now() + 10 * 60_000 }
    }
    await expect(drumbeat.tick()).rejects.toThrow('600 s behind the Store')
    await expect(drumbeat.start()).rejects.toThrow('Set the clock')
  })
})
