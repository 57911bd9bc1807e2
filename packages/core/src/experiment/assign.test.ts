import { describe, expect, it } from 'vitest'
import { armOf, isInTest } from './assign.js'

const people = Array.from({ length: 20_000 }, (_, index) => `contact-${index}`)
const arms = { control: { weight: 10, next: 'x' }, short: { weight: 30, next: 'x' }, long: { weight: 60, next: 'x' } }

const shares = (salt: string) => {
  const counts: { [arm: string]: number } = {}
  for (const person of people) {
    const arm = armOf(salt, person, arms)
    counts[arm] = (counts[arm] ?? 0) + 1
  }
  return Object.fromEntries(Object.entries(counts).map(([arm, count]) => [arm, (100 * count) / people.length]))
}

describe('the arm of a person', () => {
  it('falls by weight, within a percent', () => {
    const found = shares('salt')
    expect(Object.keys(found)).toHaveLength(3)
    for (const [arm, { weight }] of Object.entries(arms)) expect(Math.abs((found[arm] ?? 0) - weight)).toBeLessThan(1)
  })

  it('is always the same for a salt, whatever order the arms are written in', () => {
    const reversed = Object.fromEntries(Object.entries(arms).reverse())
    for (const person of people.slice(0, 500)) {
      expect(armOf('salt', person, reversed)).toBe(armOf('salt', person, arms))
    }
  })

  it('is independent of the arm under another salt', () => {
    const inShort = people.filter((person) => armOf('one', person, arms) === 'short')
    const inBoth = inShort.filter((person) => armOf('two', person, arms) === 'short')
    expect(Math.abs((100 * inBoth.length) / inShort.length - 30)).toBeLessThan(2)
  })

  it('stays for most people when the weights are shifted a little', () => {
    const shifted = { ...arms, long: { weight: 55, next: 'x' }, short: { weight: 35, next: 'x' } }
    const moved = people.filter((person) => armOf('salt', person, shifted) !== armOf('salt', person, arms))
    expect((100 * moved.length) / people.length).toBeLessThan(6)
  })

  it('is the only one there is, and never one without weight', () => {
    expect(armOf('salt', 'ana', { only: { weight: 100, next: 'x' } })).toBe('only')
    const none = { all: { weight: 100, next: 'x' }, none: { weight: 0, next: 'x' } }
    expect(people.every((person) => armOf('salt', person, none) === 'all')).toBe(true)
  })
})

describe('the test share', () => {
  it('takes in that share of the people, within a percent', () => {
    const share = (percent: number) =>
      (100 * people.filter((id) => isInTest('salt', id, percent)).length) / people.length
    expect(Math.abs(share(20) - 20)).toBeLessThan(1)
    expect([share(0), share(100)]).toEqual([0, 100])
  })

  it('says nothing of the arm', () => {
    const tested = people.filter((person) => isInTest('salt', person, 20))
    const long = tested.filter((person) => armOf('salt', person, arms) === 'long')
    expect(Math.abs((100 * long.length) / tested.length - 60)).toBeLessThan(2.5)
  })
})
