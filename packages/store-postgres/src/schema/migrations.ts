import { campaigns, counters, experimentDecisions, sequenceVersions } from '../tables/campaigns.js'
import { contactAddresses, contactConsents, contactPacing, contacts, suppressions } from '../tables/contacts.js'
import { auditLog, engines, gates, installation, workspaces } from '../tables/control.js'
import {
  campaignDeliveries,
  deliveryAttempts,
  deliveryContents,
  providerReferences,
  reconciliations,
} from '../tables/deliveries.js'
import { events, inbox, parkedReports, reportKeys } from '../tables/inbox.js'
import { campaignEntries, campaignRecipients, lanes } from '../tables/recipients.js'
import { messageTemplates, templateVersions } from '../tables/templates.js'

/** One step of the schema's history. Never changed once released; a later one is added instead. */
export interface Migration {
  readonly number: number
  /** Builds older than this schema number must not touch the tables any more. */
  readonly oldestReader: number
  readonly script: (schema: string) => string
}

const foundation = [
  workspaces,
  gates,
  engines,
  auditLog,
  installation,
  campaigns,
  sequenceVersions,
  experimentDecisions,
  counters,
  messageTemplates,
  templateVersions,
  contacts,
  contactAddresses,
  contactConsents,
  suppressions,
  contactPacing,
  lanes,
  campaignRecipients,
  campaignEntries,
  campaignDeliveries,
  deliveryAttempts,
  deliveryContents,
  providerReferences,
  reconciliations,
  events,
  inbox,
  reportKeys,
  parkedReports,
]

/** The schema's history, oldest first. */
export const migrations: readonly Migration[] = [
  { number: 1, oldestReader: 1, script: (schema) => foundation.map((table) => table(schema)).join(';\n') },
]
