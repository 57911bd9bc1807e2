import { type Moment, resolveMoment } from '@drumbeat/core'
import { DateTime } from 'luxon'
import type { Figure } from '../figure.js'
import { zones } from '../mail.js'

const nextMorning: Moment = { for: 'P1D', until: '09:00' }
const from = Date.UTC(2026, 0, 1)
const many = { ours: 200_000, luxons: 3_000 }

/** "A day later, then the next nine o'clock", in the contact's zone, over a year of starting points. */
export const dueTimes: Figure = {
  name: 'Due times computed',
  unit: 'per second',
  higherIsBetter: true,
  measured: {
    Drumbeat: async () => rate(many.ours, ours),
    'luxon plus + set': async () => {
      compare()
      return rate(many.luxons, luxons)
    },
  },
  ratios: [{ name: 'to luxon', of: ['Drumbeat'], to: ['luxon plus + set'], goal: 200 }],
}

function startAt(index: number): { readonly at: number; readonly zone: string } {
  return { at: from + ((index * 7_919) % 8_760) * 3_600_000, zone: zones[index % zones.length] ?? 'UTC' }
}

function ours(index: number): number {
  const { at, zone } = startAt(index)
  return resolveMoment(nextMorning, { anchorAt: at, zone, calendars: {}, blackouts: [] }) ?? 0
}

function luxons(index: number): number {
  const { at, zone } = startAt(index)
  const later = DateTime.fromMillis(at, { zone }).plus({ days: 1 })
  const morning = later.set({ hour: 9, minute: 0, second: 0, millisecond: 0 })
  return (morning < later ? morning.plus({ days: 1 }).set({ hour: 9 }) : morning).toMillis()
}

function compare(): void {
  for (let index = 0; index < many.luxons; index++) {
    if (ours(index) === luxons(index)) continue
    throw new Error(`${JSON.stringify(startAt(index))}: ${ours(index)} is not luxon's ${luxons(index)}.`)
  }
}

function rate(count: number, compute: (index: number) => number): number {
  for (let index = 0; index < count / 10; index++) compute(index)
  const startedAt = performance.now()
  let sum = 0
  for (let index = 0; index < count; index++) sum += compute(index)
  if (!Number.isFinite(sum)) throw new Error('A due time is not a number.')
  return (count * 1000) / (performance.now() - startedAt)
}
