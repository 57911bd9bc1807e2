import { describe, expect, it } from 'vitest'
import { didYouMean, nearest, suggestions } from './nearest.js'

describe('nearest', () => {
  it.each([
    ['overnite', 'overnight'],
    ['welcom', 'welcome'],
    ['wlecome', 'welcome'],
    ['Welcome', 'welcome'],
    ['untill', 'until'],
    ['sned', 'send'],
  ])('%s was meant to be %s', (word, meant) => {
    expect(nearest(word, ['overnight', 'welcome', 'until', 'send', 'split'])).toBe(meant)
  })

  it('is nothing where nothing is near', () => {
    expect(nearest('invoice', ['welcome', 'nudge'])).toBeNull()
    expect(nearest('a', [])).toBeNull()
    expect(nearest('x'.repeat(65), ['x'.repeat(64)])).toBeNull()
    expect(didYouMean('invoice', ['welcome'])).toBe('')
  })

  it('is the nearest of several', () => {
    expect(nearest('remind', ['reminds', 'reminders', 'rewind'])).toBe('reminds')
  })
})

describe('suggestions', () => {
  it('are given for the first words only', () => {
    const suggest = suggestions(['welcome'], 2)
    expect([1, 2, 3].map(() => suggest('welcom'))).toEqual([' Did you mean "welcome"?', ' Did you mean "welcome"?', ''])
  })
})
