import {
  ConfigurationError,
  createDrumbeat,
  defineSequence,
  event,
  exit,
  type SandboxAnswer,
  sandboxChannel,
  send,
  wait,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { expect, it } from 'vitest'
import { type StageOptions, stage } from './stage.js'

/** So many people whose mail is due at once, and a provider that answers as it is told. */
async function blast(people: number, answer: (at: number) => SandboxAnswer, options: StageOptions = {}) {
  const refused: number[] = []
  const sent: number[] = []
  const blocked: unknown[] = []
  const played = await stage({
    people,
    channel: (clock) =>
      sandboxChannel({
        name: 'email',
        clock,
        answer: () => {
          const given = answer(clock.now())
          ;(given === 'accept' ? sent : refused).push(clock.now())
          return given
        },
      }),
    ...options,
  })
  played.drumbeat.events.on('account.blocked', (event) => blocked.push(event))
  for (let n = 0; n < people; n++) await played.workspace.track({ contactId: `p${n}`, event: 'in' })
  return { ...played, refused, sent, blocked }
}

/** Takes so many calls in each second, and refuses the others. */
function takingPerSecond(most: number): (at: number) => SandboxAnswer {
  let second = 0
  let taken = 0
  return (at) => {
    if (Math.floor(at / 1000) !== second) {
      second = Math.floor(at / 1000)
      taken = 0
    }
    taken++
    return taken <= most ? 'accept' : { outcome: 'not_accepted', code: '429', retryAfterMs: null, reason: 'too_fast' }
  }
}

it('an account that takes 50 calls a second is found out, and called no faster than it takes', async () => {
  const { drumbeat, clock, sent, refused, blocked } = await blast(1_000, takingPerSecond(50))
  const begun = clock.now()
  while (sent.length < 1_000 && clock.now() - begun < 60_000) {
    await drumbeat.tick()
    clock.advance(50)
  }
  expect(sent).toHaveLength(1_000)
  const seconds = (clock.now() - begun) / 1000
  const late = refused.filter((at) => at - begun > 10_000).length
  console.log(`1,000 mails in ${seconds} s at 50/s; ${refused.length} pushed back, ${late} of them after 10 s`)
  // At 50 per second it would take 20 s. It is not called in vain more often than one time in ten once it is known.
  expect(seconds).toBeLessThan(45)
  expect(late).toBeLessThan(100)
  expect(blocked).toEqual([])
})

it('an account that asks for patience is left alone for as long as it asks', async () => {
  let calls = 0
  const { drumbeat, clock, sent, refused } = await blast(
    50,
    () => {
      calls++
      return calls === 1 ? { outcome: 'not_accepted', code: '429', retryAfterMs: 20_000, reason: 'too_fast' } : 'accept'
    },
    { settings: { maxInFlight: 1 } },
  )
  const begun = clock.now()
  for (let ms = 0; ms < 120_000; ms += 100) {
    await drumbeat.tick()
    clock.advance(100)
  }
  expect(refused).toEqual([begun])
  expect(sent).toHaveLength(50)
  expect(Math.min(...sent) - begun).toBeGreaterThanOrEqual(20_000)
})

it('no run is claimed whose message cannot start: a backlog under a rate is written once per message', async () => {
  const store = memoryStore()
  let claimed = 0
  const { claimDue } = store.recipients
  store.recipients.claimDue = async (request) => {
    const runs = await claimDue(request)
    claimed += runs.filter(({ lane, visit }) => lane.channel === 'email' && visit > 0).length
    return runs
  }
  // They all wait for one moment, then their mails are due together.
  const sequence = defineSequence({
    start: 'moment',
    steps: {
      moment: wait({ for: 'PT1M', next: 'mail' }),
      mail: send({ channel: 'email', template: 'mail', next: 'done' }),
      done: exit(),
    },
  })
  const { drumbeat, clock, workspace } = await stage({
    store,
    people: 1_000,
    sequence,
    channel: (time) => ({ ...sandboxChannel({ name: 'email', clock: time }), rate: { units: 100, perMs: 1000 } }),
  })
  for (let n = 0; n < 1_000; n++) await workspace.track({ contactId: `p${n}`, event: 'in' })
  await drumbeat.tick()
  clock.advance(60_000)
  claimed = 0
  const begun = clock.now()
  let sent = 0
  drumbeat.events.on('delivery.settled', () => sent++)
  while (sent < 1_000 && clock.now() - begun < 60_000) {
    await drumbeat.tick()
    expect(sent).toBeLessThanOrEqual(20 + (clock.now() - begun) / 10)
    clock.advance(20)
  }
  expect(sent).toBe(1_000)
  expect(clock.now() - begun).toBeLessThan(11_000)
  expect(claimed).toBe(1_000)
})

it('a message at once goes before a backlog of bulk mail, under the same rate', async () => {
  const order: string[] = []
  const bulk = defineSequence({
    start: 'mail',
    steps: { mail: send({ channel: 'email', template: 'mail', priority: 'bulk', next: 'done' }), done: exit() },
  })
  const { drumbeat, clock, workspace } = await stage({
    people: 601,
    sequence: bulk,
    channel: (time) => ({
      ...sandboxChannel({
        name: 'email',
        clock: time,
        answer: ({ to }) => {
          order.push(to)
          return 'accept'
        },
      }),
      rate: { units: 10, perMs: 1000, burst: 2 },
    }),
  })
  const code = await workspace.campaigns.create({
    name: 'Code',
    category: 'transactional',
    entry: { on: event('code'), again: 'always' },
    sequence: defineSequence({
      start: 'mail',
      steps: { mail: send({ channel: 'email', template: 'mail', priority: 'immediate', next: 'done' }), done: exit() },
    }),
  })
  await workspace.campaigns.activate(code.id)
  for (let n = 0; n < 600; n++) await workspace.track({ contactId: `p${n}`, event: 'in' })
  const play = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await drumbeat.tick()
      clock.advance(100)
    }
  }
  await play(1_000)
  const before = order.length
  expect(before).toBeLessThan(20)
  await workspace.track({ contactId: 'p600', event: 'code' })
  await play(500)
  expect(order.slice(before, before + 3)).toContain('p600@example.com')
})

it('numbers that no throttle can have are refused when Drumbeat is made', () => {
  const throttle = { keep: 0, moreAtOnce: 1, moreRate: 0.05, calmMs: 1_000, longestPauseMs: 60_000 }
  const make = () =>
    createDrumbeat({ store: memoryStore(), channels: [sandboxChannel({ name: 'email' })], settings: { throttle } })
  expect(make).toThrow(ConfigurationError)
  expect(make).toThrow('settings.throttle.keep is 0; it must be a number above 0, and at most 1.')
})
