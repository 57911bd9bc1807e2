import { describe, expect, it } from 'vitest'
import { liftedByStart, type Suppression, suppressionProblem } from './suppression.js'

const suppressed = (given: Partial<Suppression>): Suppression => ({
  channel: 'email',
  address: 'ana@example.com',
  topic: null,
  reason: 'unsubscribed',
  at: 1,
  ...given,
})
const message = { channel: 'email', address: 'ana@example.com', topic: null }

describe('suppressionProblem', () => {
  it('stops a message to that address on that channel', () => {
    const suppression = suppressed({})
    expect(suppressionProblem([suppression], message)).toBe(suppression)
    expect(suppressionProblem([suppression], { ...message, topic: 'news' })).toBe(suppression)
    expect(suppressionProblem([suppression], { ...message, channel: 'sms' })).toBeNull()
    expect(suppressionProblem([suppression], { ...message, address: 'eve@example.com' })).toBeNull()
  })

  it('does not mind the case of the address', () => {
    expect(
      suppressionProblem([suppressed({ address: 'Ana@example.com' })], { ...message, address: 'ANA@example.com' }),
    ).not.toBeNull()
  })

  it('stops only its own topic when it has one', () => {
    const suppression = suppressed({ topic: 'news' })
    expect(suppressionProblem([suppression], { ...message, topic: 'news' })).toBe(suppression)
    expect(suppressionProblem([suppression], { ...message, topic: 'offers' })).toBeNull()
    expect(suppressionProblem([suppression], message)).toBeNull()
  })

  it('names the one of the whole channel first, then the oldest', () => {
    const topic = suppressed({ topic: 'news', at: 1 })
    const old = suppressed({ at: 2, reason: 'complaint' })
    const recent = suppressed({ at: 3 })
    expect(suppressionProblem([topic, recent, old], { ...message, topic: 'news' })).toBe(old)
  })

  it('lets a start word lift only what the person said', () => {
    expect(liftedByStart).toEqual(['stop', 'unsubscribed'])
  })
})
