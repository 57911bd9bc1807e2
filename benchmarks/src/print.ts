import type { FigureResult } from './statistics.js'

/** A figure as people read it. */
export function printed({ figure, unit, rounds, values, ratios }: FigureResult): string {
  const lines = [`${figure} (${unit}; min / median / max of ${rounds})`]
  for (const [label, { min, median, max }] of Object.entries(values))
    lines.push(`  ${label.padEnd(40)} ${[min, median, max].map((value) => amount(value).padStart(9)).join(' /')}`)
  for (const [name, { min, median, max, goal, reached }] of Object.entries(ratios)) {
    const spread = [min, median, max].map((value) => `× ${amount(value)}`.padStart(9)).join(' /')
    lines.push(`  ${name.padEnd(40)} ${spread}   goal × ${goal} ${reached ? 'reached' : 'not reached'}`)
  }
  return lines.join('\n')
}

function amount(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
