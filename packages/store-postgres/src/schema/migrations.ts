import * as campaigns from '../tables/campaigns.js'
import * as contacts from '../tables/contacts.js'
import * as control from '../tables/control.js'
import * as deliveries from '../tables/deliveries.js'
import * as inbox from '../tables/inbox.js'
import * as recipients from '../tables/recipients.js'
import * as templates from '../tables/templates.js'

/** One step from one version of the tables to the next. Published steps are never changed; there is no way back. */
export interface Migration {
  /** 1-based, without gaps. */
  readonly version: number
  readonly name: string
  /** The lowest engine version that may work on the tables from here on: one that only adds leaves it as it was. */
  readonly minEngineVersion: number
  /** The statements, on the quoted schema. */
  readonly sql: (schema: string) => string
}

/** Every step so far. */
export const migrations: readonly Migration[] = [
  { version: 1, name: 'tables', minEngineVersion: 1, sql: (schema) => tables.map((table) => table(schema)).join(';\n') },
]

/** What this build is, to the tables: the number of steps it knows. */
export const engineVersion = migrations.length

const tables = [
  control.installation,
  control.workspaces,
  control.gates,
  control.engines,
  control.auditLog,
  campaigns.campaigns,
  campaigns.sequenceVersions,
  campaigns.experimentDecisions,
  campaigns.counters,
  templates.messageTemplates,
  templates.templateVersions,
  contacts.contacts,
  contacts.contactAddresses,
  contacts.contactConsents,
  contacts.suppressions,
  contacts.contactPacing,
  recipients.lanes,
  recipients.campaignEntries,
  recipients.campaignRecipients,
  deliveries.campaignDeliveries,
  deliveries.deliveryAttempts,
  deliveries.deliveryRanges,
  deliveries.deliveryContents,
  deliveries.providerReferences,
  deliveries.reconciliations,
  inbox.events,
  inbox.inbox,
  inbox.reportKeys,
  inbox.parkedReports,
]
