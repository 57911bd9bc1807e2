import type { Figure } from '../figure.js'
import { race } from '../race.js'

/** Whole deliveries: claim, decide, render, durable intent, call, settle, next step; a channel that accepts at once. */
export const deliveries: Figure = {
  name: 'Whole deliveries',
  unit: 'per second',
  higherIsBetter: true,
  measured: {
    'Drumbeat on PostgreSQL, 1 process': ({ servers, sizes: { jobs } }) =>
      servers.inPlace((place) => race({ contestant: 'drumbeat-postgres', jobs, processes: 1 }, place)),
    'Drumbeat on PostgreSQL, 2 processes': ({ servers, sizes: { jobs } }) =>
      servers.inPlace((place) => race({ contestant: 'drumbeat-postgres', jobs, processes: 2 }, place)),
    'Drumbeat through Redis hints, 2 processes': ({ servers, sizes: { jobs } }) =>
      servers.inPlace((place) => race({ contestant: 'drumbeat-redis', jobs, processes: 2 }, place)),
    'Drumbeat on PGlite': ({ servers, sizes: { embeddedJobs: jobs } }) =>
      servers.inPlace((place) => race({ contestant: 'drumbeat-pglite', jobs, processes: 1 }, place)),
    'hand-rolled loop': ({ servers, sizes: { handRolledJobs: jobs } }) =>
      servers.inPlace((place) => race({ contestant: 'hand-rolled', jobs, processes: 1 }, place)),
    'empty job in graphile-worker': ({ servers, sizes: { emptyJobs: jobs } }) =>
      servers.inPlace((place) => race({ contestant: 'empty-graphile-worker', jobs, processes: 1 }, place)),
    'empty job in pg-boss': ({ servers, sizes: { emptyJobs: jobs } }) =>
      servers.inPlace((place) => race({ contestant: 'empty-pg-boss', jobs, processes: 1 }, place)),
    'empty job in BullMQ': ({ servers, sizes: { emptyJobs: jobs } }) =>
      servers.inPlace((place) => race({ contestant: 'empty-bullmq', jobs, processes: 1 }, place)),
  },
  ratios: [
    {
      name: 'to the hand-rolled loop',
      of: ['Drumbeat on PostgreSQL, 1 process', 'Drumbeat on PostgreSQL, 2 processes'],
      to: ['hand-rolled loop'],
      goal: 25,
    },
    {
      name: 'to the fastest empty job',
      of: ['Drumbeat on PostgreSQL, 1 process', 'Drumbeat on PostgreSQL, 2 processes'],
      to: ['empty job in graphile-worker', 'empty job in pg-boss', 'empty job in BullMQ'],
      goal: 1,
    },
    {
      name: 'Redis hints to polling',
      of: ['Drumbeat through Redis hints, 2 processes'],
      to: ['Drumbeat on PostgreSQL, 2 processes'],
      goal: 0.95,
    },
    {
      name: 'PGlite to PostgreSQL',
      of: ['Drumbeat on PGlite'],
      to: ['Drumbeat on PostgreSQL, 1 process', 'Drumbeat on PostgreSQL, 2 processes'],
      goal: 0.5,
    },
  ],
}
