import { ConfigurationError, type Store } from '@drumbeat/core'
import { type ClockChoice, clockOf } from './connection/clock.js'
import type { Driver } from './connection/connection.js'
import { Database } from './connection/database.js'
import { campaignQueries } from './queries/campaigns.js'
import { contactQueries } from './queries/contacts.js'
import { Lanes, type QueryContext } from './queries/context.js'
import { controlQueries } from './queries/control.js'
import { DefaultRange } from './queries/default-range.js'
import { deliveryQueries } from './queries/deliveries.js'
import { inboxQueries } from './queries/inbox.js'
import { outboxQueries } from './queries/outbox.js'
import { recipientQueries } from './queries/recipients.js'
import { Retention } from './queries/retention.js'
import { templateQueries } from './queries/templates.js'
import { migrate } from './schema/migrate.js'

/** What both stores may be told. */
export interface StoreOptions {
  /** The schema that holds the tables: a plain lower-case name. Default `drumbeat`. */
  readonly schema?: string
  /** Whose time counts: the database's own (`store`), or only what callers name (`caller`), for virtual time. */
  readonly clock?: ClockChoice
  /**
   * How many deliveries lie in one partition of the history. An engine makes the next one when half of the last is given out, and looks
   * once a minute, so half a range must last for longer than that. A batch of ids is joined with every partition: keep them to a dozen or two.
   * Default 5,000,000, at least 1,000.
   */
  readonly idsPerRange?: number
  /**
   * How long deliveries are kept at least, with their attempts and contents; 30 days or more. Absent = for ever. Older ones go a whole range
   * at a time, once each run in it is over and no cap looks back so far. Counters stay; experiments count only what is kept.
   */
  readonly keepDeliveriesMs?: number
  /** Hears of what an operator may want to repair; at most once per kind. Default: `process.emitWarning`. */
  readonly onWarning?: (message: string) => void
}

const shortestKeepMs = 30 * 24 * 60 * 60 * 1000

const fewestIdsPerRange = 1_000

/** Assembles the store over a driver. */
export function storeOn(
  driver: Driver,
  { schema = 'drumbeat', clock = 'store', idsPerRange = 5_000_000, keepDeliveriesMs, onWarning = warn }: StoreOptions,
): Store {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new ConfigurationError(
      `The schema "${schema.slice(0, 80)}" is no plain name: use lower-case letters, digits and underscores, at most 63.`,
    )
  }
  if (!Number.isSafeInteger(idsPerRange) || idsPerRange < fewestIdsPerRange || idsPerRange > 1e12) {
    throw new ConfigurationError(
      `idsPerRange is ${JSON.stringify(idsPerRange)}; give a whole number from ${fewestIdsPerRange} to 1e12.`,
    )
  }
  if (keepDeliveriesMs !== undefined && !(Number.isFinite(keepDeliveriesMs) && keepDeliveriesMs >= shortestKeepMs)) {
    throw new ConfigurationError(
      `keepDeliveriesMs is ${String(keepDeliveriesMs)}; give ${shortestKeepMs} (30 days) or more, or leave it out to keep everything.`,
    )
  }
  const database = new Database(driver, { statementTimeoutMs: 30_000, idleTimeoutMs: 2_000 })
  const base = { database, s: schema, clock: clockOf(clock) }
  const retention = new Retention(base, keepDeliveriesMs ?? null)
  const context: QueryContext = { ...base, lanes: new Lanes(schema), idsPerRange, retention }
  const inbox = inboxQueries(context)
  return {
    kind: driver.kind,
    control: controlQueries(context, new DefaultRange(base, onWarning)),
    campaigns: campaignQueries(context),
    templates: templateQueries(context),
    contacts: contactQueries(context, inbox.events),
    recipients: recipientQueries(context, inbox.events),
    deliveries: deliveryQueries(context),
    inbox,
    outbox: outboxQueries(context),
    open: () =>
      database.open(async () => {
        await migrate(driver, schema, { idsPerRange })
        // An embedded database has one process at a time: whoever held claims in it before is gone.
        if (driver.kind === 'pglite')
          await driver.query('control', `update ${schema}.engines set lease_expires_at = '-infinity'`, [])
      }),
    close: () => database.close(),
    transaction: (work) => database.hostTransaction(work),
  }
}

function warn(message: string): void {
  process.emitWarning(message, 'DrumbeatWarning')
}
