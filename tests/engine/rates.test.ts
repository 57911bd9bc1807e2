import { sandboxChannel } from '@drumbeat/core'
import { expect, it } from 'vitest'
import { stage } from './stage.js'

it('a channel’s rate is kept, and what has to wait comes when the rate lets it', async () => {
  const sandbox: ReturnType<typeof sandboxChannel>[] = []
  const played = await stage({
    people: 100,
    channel: (clock) => {
      const channel = { ...sandboxChannel({ name: 'email', clock }), rate: { units: 10, perMs: 1000, burst: 5 } }
      sandbox.push(channel)
      return channel
    },
  })
  const { workspace, clock, drumbeat, campaign } = played
  for (let n = 0; n < 100; n++) await workspace.track({ contactId: `p${n}`, event: 'in' })
  const begun = clock.now()
  for (let ms = 0; ms < 20_000; ms += 100) {
    await drumbeat.tick()
    const sent = sandbox[0]?.messages.length ?? 0
    expect(sent).toBeLessThanOrEqual(5 + ms / 100)
    clock.advance(100)
  }
  expect(sandbox[0]?.messages).toHaveLength(100)
  const last = Math.max(...(sandbox[0]?.messages ?? []).map(({ at }) => at - begun))
  expect(last).toBeLessThan(12_000)
  // A rate is no attempt, and makes no message late.
  const deliveries = await workspace.deliveries(campaign.id)
  expect(deliveries.every(({ attempts, dueAt }) => attempts === 1 && dueAt === begun)).toBe(true)
})
