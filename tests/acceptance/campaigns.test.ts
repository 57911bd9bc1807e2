import { describe, expect, it } from 'vitest'
import { acceptanceCases } from './campaigns/index.js'
import { play } from './play.js'
import { stores } from './stores.js'

describe.each(Object.entries(stores))('on %s', (_name, open) => {
  it.each(acceptanceCases)('$sentence', async (story) => {
    const { store, close } = await open()
    try {
      const played = await play(store, story)
      const sends = await played.sends()
      expect(sends).toEqual(withoutEmpty(story.expected))
      // What the provider got is what is recorded: nothing twice, nothing unrecorded.
      const messages = played.messages()
      expect(messages).toHaveLength(Object.values(sends).flat().length)
      expect(new Set(messages.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(messages.length)
      await story.also?.(played)
    } finally {
      await close()
    }
  })
})

function withoutEmpty(expected: { readonly [contactId: string]: readonly string[] }) {
  return Object.fromEntries(Object.entries(expected).filter(([, sends]) => sends.length > 0))
}
