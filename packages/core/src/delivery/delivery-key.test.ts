import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deliveryIdOf, deliveryRef, idempotencyKey } from './delivery-key.js'

const secret = 'a secret of the tests'

describe('a reference', () => {
  it('leads back to its delivery, for every id below 2 to the 40', () => {
    const ids = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 40 - 1 }),
      fc.constantFrom(0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 40 - 1),
    )
    fc.assert(
      fc.property(ids, (id) => {
        const ref = deliveryRef(secret, id)
        expect(ref).toMatch(/^dlv_[0-9a-z]{8}$/)
        expect(deliveryIdOf(secret, ref)).toBe(id)
      }),
    )
  })

  it('is another one for every id, and says nothing of their order', () => {
    const refs = Array.from({ length: 2_000 }, (_, id) => deliveryRef(secret, id))
    expect(new Set(refs).size).toBe(2_000)
    expect(refs).not.toEqual([...refs].sort())
  })

  it('differs from the next one, and from that of another secret, as any two numbers would', () => {
    const numberOf = (ref: string) => Number.parseInt(ref.slice(4), 36)
    const many = 4_000
    const tops = [0, 0, 0, 0]
    let rising = 0
    let alike = 0
    for (let id = 0; id < many; id++) {
      const value = numberOf(deliveryRef(secret, id))
      tops[Math.floor(value / 2 ** 38)] = (tops[Math.floor(value / 2 ** 38)] ?? 0) + 1
      if (numberOf(deliveryRef(secret, id + 1)) > value) rising += 1
      if (Math.floor(numberOf(deliveryRef(`${secret}!`, id)) / 2 ** 38) === Math.floor(value / 2 ** 38)) alike += 1
    }
    for (const count of [...tops, alike]) {
      expect(count / many).toBeGreaterThan(0.22)
      expect(count / many).toBeLessThan(0.28)
    }
    expect(Math.abs(rising / many - 0.5)).toBeLessThan(0.05)
  })

  it('of another secret leads somewhere else', () => {
    expect(deliveryIdOf('another secret here', deliveryRef(secret, 7))).not.toBe(7)
  })

  it('that is none is refused', () => {
    for (const ref of ['', 'dlv_', 'dlv_1234567', 'dlv_zzzzzzzz', 'DLV_12345678', ' dlv_12345678', 'dlv_12345678\n']) {
      expect(deliveryIdOf(secret, ref), JSON.stringify(ref)).toBeNull()
    }
  })
})

describe('an idempotency key', () => {
  it('is the same for equal content, and another one when content, delivery or secret differ', () => {
    const key = idempotencyKey(secret, 1, 'hash')
    expect(idempotencyKey(secret, 1, 'hash')).toBe(key)
    const others = [
      idempotencyKey(secret, 2, 'hash'),
      idempotencyKey(secret, 1, 'other'),
      idempotencyKey('x', 1, 'hash'),
    ]
    expect(new Set([key, ...others]).size).toBe(4)
  })

  it('has 36 characters that every provider takes', () => {
    expect(idempotencyKey(secret, 1, 'hash')).toMatch(/^dc1_[0-9a-f]{32}$/)
  })
})
