import { describe, expect, it } from 'vitest'
import type { Hint, Queue } from '../ports/queue.js'
import type { Priority } from '../sequence/step.js'

/** What {@link queueConformance} needs to know of a queue. */
export interface QueueConformance {
  /** Shown above the cases. */
  readonly name: string
  /**
   * Two doors to one *empty* queue, as two processes would have them; a queue of one process is both. Called once per case. `close`
   * gives back what `open` took, also when the case has closed the queues.
   */
  readonly open: () => Promise<{ readonly queues: readonly [Queue, Queue]; readonly close: () => Promise<void> }>
}

const patienceMs = 10_000

/** Registers with vitest, one by one, what a Queue must do. Hints are real messages, so cases wait for what they expect. */
export function queueConformance({ name, open }: QueueConformance): void {
  describe(`${name} as a Queue`, () => {
    for (const [sentence, prove] of Object.entries(cases)) {
      it(sentence, async () => {
        const { queues, close } = await open()
        try {
          await prove(...queues)
        } finally {
          await close()
        }
      })
    }
  })
}

const cases: { readonly [sentence: string]: (one: Queue, other: Queue) => Promise<void> } = {
  'a hint arrives as it was pushed': async (one, other) => {
    const inbox: Hint = { kind: 'inbox', workspaceId: 'acmé / ünit' }
    const batch = due('email', 'bulk', [1, 2 ** 53 - 1])
    const taken = await listen(other, ['email'])
    await one.push([inbox, batch])
    await until(() => taken.length === 2)
    expect(taken).toEqual(expect.arrayContaining([inbox, batch]))
  },

  'one engine leads until it gives the lead up or does not ask again': async (one, other) => {
    if (one.lead === undefined || other.lead === undefined) return
    expect(await one.lead({ engineId: 'a', forMs: 60_000 })).toBe(true)
    expect(await other.lead({ engineId: 'b', forMs: 60_000 })).toBe(false)
    expect(await one.lead({ engineId: 'a', forMs: 60_000 })).toBe(true)
    expect(await one.lead({ engineId: 'a', forMs: 0 })).toBe(false)
    expect(await other.lead({ engineId: 'b', forMs: 50 })).toBe(true)
    expect(await one.lead({ engineId: 'a', forMs: 0 })).toBe(false)
    let leads = false
    await until(async () => {
      leads = (await one.lead?.({ engineId: 'a', forMs: 1_000 })) ?? false
      return leads
    })
    expect(leads).toBe(true)
  },

  'a batch of a thousand runs is one hint': async (one, other) => {
    const batch = due(
      'email',
      'normal',
      Array.from({ length: 1000 }, (_, index) => 10 ** 12 + index),
    )
    const taken = await listen(other, ['email'])
    await one.push([batch])
    await until(() => taken.length === 1)
    expect(taken).toEqual([batch])
  },

  'of several subscribers one gets a hint, and all get some': async (one, other) => {
    const mine = await listen(one, ['email'])
    const theirs = await listen(other, ['email'])
    for (let id = 1; id <= 60; id += 10) await one.push(numbered(id, 10))
    await until(() => mine.length + theirs.length >= 60)
    expect([...mine, ...theirs].map(idOf).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(mine.length).toBeGreaterThan(0)
    expect(theirs.length).toBeGreaterThan(0)
  },

  'the most urgent hint of a channel goes first, and those of one priority in order': async (one, other) => {
    await one.push([due('sms', 'bulk', [5]), due('sms', 'normal', [3]), due('sms', 'immediate', [1])])
    await one.push([due('sms', 'immediate', [2]), due('sms', 'normal', [4]), due('sms', 'bulk', [6])])
    const taken = await listen(other, ['sms'])
    await until(() => taken.length === 6)
    expect(taken.map(idOf)).toEqual([1, 2, 3, 4, 5, 6])
  },

  'a channel’s hints go to its subscribers only, and inbox hints to anybody': async (one, other) => {
    const taken = await listen(other, ['sms', ''])
    await one.push([due('email', 'normal', [1]), due('', 'normal', [2]), due('sms', 'normal', [3])])
    await one.push([{ kind: 'inbox', workspaceId: 'acme' }])
    await until(() => taken.length === 3)
    expect(taken.map(({ kind }) => kind).sort()).toEqual(['due', 'due', 'inbox'])
    expect(taken.flatMap((hint) => (hint.kind === 'due' ? [hint.lane.channel] : [])).sort()).toEqual(['', 'sms'])
    expect(await one.waiting({ channel: 'email' })).toBe(1)
  },

  'no more than `atOnce` hints of a channel are under way, and another channel does not wait for them': async (
    one,
    other,
  ) => {
    const gate = aGate()
    const taken: Hint[] = []
    let most = 0
    let open = 0
    await other.subscribe({
      channels: ['email', 'sms'],
      atOnce: 2,
      take: async (hint) => {
        taken.push(hint)
        if (hint.kind === 'due' && hint.lane.channel === 'sms') return
        most = Math.max(most, ++open)
        await gate.opened
        open--
      },
    })
    await one.push([...numbered(1, 5), due('sms', 'bulk', [9])])
    await until(() => taken.length === 3)
    expect(taken.map(idOf).sort()).toEqual([1, 2, 9])
    gate.open()
    await until(() => taken.length === 6)
    expect(most).toBe(2)
  },

  'a hint whose work fails is forgotten, and the next one is taken': async (one, other) => {
    const taken: number[] = []
    await other.subscribe({
      channels: ['email'],
      atOnce: 1,
      take: async (hint) => {
        taken.push(idOf(hint))
        if (idOf(hint) === 1) throw new Error('on purpose')
      },
    })
    await one.push(numbered(1, 3))
    await until(() => taken.length === 3)
    expect(taken).toEqual([1, 2, 3])
    await until(async () => (await one.waiting({ channel: 'email' })) === 0)
  },

  'unsubscribing waits for the work under way, and nothing is taken afterwards': async (one, other) => {
    const gate = aGate()
    const taken: number[] = []
    let finished = false
    const unsubscribe = await other.subscribe({
      channels: ['email'],
      atOnce: 1,
      take: async (hint) => {
        taken.push(idOf(hint))
        await gate.opened
        finished = true
      },
    })
    await one.push(numbered(1, 2))
    await until(() => taken.length === 1)
    const ended = unsubscribe().then(() => finished)
    gate.open()
    expect(await ended).toBe(true)
    await one.push(numbered(3, 1))
    expect(await one.waiting({ channel: 'email' })).toBe(2)
    const rest = await listen(one, ['email'])
    await until(() => rest.length === 2)
    expect(taken).toEqual([1])
  },

  'what nobody has taken yet is counted, by channel': async (one, other) => {
    expect(await one.waiting({ channel: 'email' })).toBe(0)
    await one.push([...numbered(1, 3), due('email', 'immediate', [4]), due('sms', 'normal', [5])])
    expect(await other.waiting({ channel: 'email' })).toBe(4)
    expect(await other.waiting({ channel: 'sms' })).toBe(1)
    const taken = await listen(other, ['email'])
    await until(() => taken.length === 4)
    await until(async () => (await one.waiting({ channel: 'email' })) === 0)
  },

  'pushing nothing does nothing': async (one) => {
    await one.push([])
    expect(await one.waiting({ channel: '' })).toBe(0)
  },

  'a subscription with no room is refused': async (one) => {
    await expect(one.subscribe({ channels: ['email'], atOnce: 0, take: async () => {} })).rejects.toMatchObject({
      code: 'configuration',
    })
  },
}

function due(channel: string, priority: Priority, recipientIds: readonly number[]): Hint {
  return { kind: 'due', lane: { channel, priority }, recipientIds }
}

function numbered(from: number, count: number): readonly Hint[] {
  return Array.from({ length: count }, (_, index) => due('email', 'normal', [from + index]))
}

function idOf(hint: Hint): number {
  return hint.kind === 'due' ? (hint.recipientIds[0] ?? 0) : 0
}

async function listen(queue: Queue, channels: readonly string[]): Promise<readonly Hint[]> {
  const taken: Hint[] = []
  await queue.subscribe({
    channels,
    atOnce: 1,
    take: async (hint) => {
      taken.push(hint)
    },
  })
  return taken
}

function aGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const startedAt = Date.now()
  while (!(await isSo())) {
    if (Date.now() - startedAt > patienceMs) throw new Error(`Not so within ${patienceMs} ms: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
