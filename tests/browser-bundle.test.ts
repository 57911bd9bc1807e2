import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const campaign = `
  import { createDrumbeat, defineSequence, exit, sandboxChannel, send, VirtualClock, wait } from '@drumbeat/core'
  import { simulate } from '@drumbeat/simulate'
  import { memoryStore } from '@drumbeat/store-memory'

  globalThis.play = async () => {
    const clock = new VirtualClock('2026-03-07T14:00:00Z')
    const email = sandboxChannel({ name: 'email', clock })
    const drumbeat = createDrumbeat({ store: memoryStore(), channels: [email], clock })
    const acme = drumbeat.workspace('acme')
    await drumbeat.tick()
    await acme.templates.publish('hello', {
      channel: 'email',
      content: { kind: 'email', subject: 'Hello {{name}}', html: '<p>Hello {{name}} {{unsubscribeUrl}}</p>' },
      fallbacks: { name: 'you', unsubscribeUrl: 'https://acme.test/bye' },
    })
    const sequence = defineSequence({
      start: 'hello',
      steps: {
        hello: send({ channel: 'email', template: 'hello', next: 'two-days' }),
        'two-days': wait({ for: 'P2D', next: 'again' }),
        again: send({ channel: 'email', template: 'hello', next: 'done' }),
        done: exit(),
      },
    })
    await acme.contacts.import([{ id: 'ana', zone: 'America/New_York', addresses: { email: 'ana@example.com' }, attributes: { name: 'Ana' } }])
    const { id } = await acme.campaigns.create({ name: 'Hello', sequence })
    await acme.campaigns.activate(id)
    await drumbeat.tick()
    for (let next = await drumbeat.nextDueAt(); next !== null; next = await drumbeat.nextDueAt()) {
      clock.moveTo(Math.max(next, clock.now()))
      await drumbeat.tick()
    }
    const simulated = await simulate(acme, id, {
      contacts: [{ id: 'bo', addresses: { email: 'bo@example.com' } }],
      from: '2026-03-10T09:00:00Z',
      days: 3,
    })
    await drumbeat.close()
    const shown = ({ at, content }) => [new Date(at).toISOString(), content.subject]
    return JSON.stringify({ played: email.messages.map(shown), simulated: simulated.messages.map(shown) })
  }
`

/** What every browser has, and nothing of Node: no \`process\`, \`Buffer\`, \`require\` or \`setImmediate\`. */
const webGlobals = {
  AbortController,
  AbortSignal,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  clearTimeout,
  console,
  crypto: globalThis.crypto,
  performance,
  queueMicrotask,
  setTimeout,
  structuredClone,
}

it('plays and simulates a campaign in a browser, from one bundle without anything of Node', async () => {
  const { outputFiles, warnings } = await build({
    stdin: { contents: campaign, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'js' },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    conditions: ['@drumbeat/source', 'browser', 'import'],
  })
  expect(warnings).toEqual([])
  const page: { play?: () => Promise<string> } & typeof webGlobals = { ...webGlobals }
  runInNewContext(outputFiles[0]?.text ?? '', page)
  const { played, simulated } = JSON.parse((await page.play?.()) ?? '{}')
  // Summer time begins in New York between the two: 09:00 there, both times.
  expect(played).toEqual([
    ['2026-03-07T14:00:00.000Z', 'Hello Ana'],
    ['2026-03-09T13:00:00.000Z', 'Hello Ana'],
  ])
  expect(simulated).toEqual([
    ['2026-03-10T09:00:00.000Z', 'Hello you'],
    ['2026-03-12T09:00:00.000Z', 'Hello you'],
  ])
})
