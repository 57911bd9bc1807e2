// Says how many bytes one waiting recipient takes in the memory store.
import { defineSequence, exit, wait } from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { engineOn, workspaceId } from './contestants/drumbeat-engine.js'

const people = 10_000
const used = (): number => {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const drumbeat = engineOn(memoryStore())
const workspace = drumbeat.workspace(workspaceId)
await drumbeat.tick()
for (let from = 0; from < people; from += 1_000)
  await workspace.contacts.import(Array.from({ length: 1_000 }, (_, index) => ({ id: `c${from + index}` })))
await drumbeat.tick()
const campaign = await workspace.campaigns.create({
  name: 'Later',
  sequence: defineSequence({ start: 'later', steps: { later: wait({ for: 'P1D', next: 'done' }), done: exit() } }),
})
const before = used()
await workspace.campaigns.activate(campaign.id)
await drumbeat.tick()
process.send?.((used() - before) / people)
process.disconnect()
