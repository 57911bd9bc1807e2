import type { Figure } from '../figure.js'
import { race } from '../race.js'

const sizes = [1_000, 10_000, 100_000]
const label = (recipients: number): string => `${recipients.toLocaleString('en')} recipients`

/** Deliveries per second by the number of recipients: the cost of one must not depend on how many there are. */
export const growth: Figure = {
  name: 'Cost growth',
  unit: 'deliveries per second',
  higherIsBetter: true,
  long: true,
  measured: Object.fromEntries(
    sizes.map((recipients) => [
      label(recipients),
      ({ servers }) =>
        servers.inPlace((place) =>
          race({ contestant: 'drumbeat-postgres', jobs: recipients * 4, processes: 1 }, place),
        ),
    ]),
  ),
  ratios: sizes.slice(1).map((recipients) => ({
    name: `${label(recipients)} to ${label(10_000)}`,
    of: [label(recipients)],
    to: [label(10_000)],
    goal: 0.85,
  })),
}
