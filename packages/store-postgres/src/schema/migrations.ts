import { campaigns } from '../tables/campaigns/campaigns.js'
import { counters } from '../tables/campaigns/counters.js'
import { experimentDecisions } from '../tables/campaigns/experiment-decisions.js'
import { sequenceVersions } from '../tables/campaigns/sequence-versions.js'
import { contactAddresses } from '../tables/contacts/contact-addresses.js'
import { contactConsents } from '../tables/contacts/contact-consents.js'
import { contactPacing } from '../tables/contacts/contact-pacing.js'
import { contacts } from '../tables/contacts/contacts.js'
import { permissionCauses } from '../tables/contacts/permission-causes.js'
import { suppressions } from '../tables/contacts/suppressions.js'
import { auditLog } from '../tables/control/audit-log.js'
import { engines } from '../tables/control/engines.js'
import { gates } from '../tables/control/gates.js'
import { installation } from '../tables/control/installation.js'
import { testSends } from '../tables/control/test-sends.js'
import { workspaces } from '../tables/control/workspaces.js'
import { callPermits, permitsOfOpenAttempts } from '../tables/deliveries/call-permits.js'
import { campaignDeliveries } from '../tables/deliveries/campaign-deliveries.js'
import { deliveryAttempts } from '../tables/deliveries/delivery-attempts.js'
import { deliveryContents } from '../tables/deliveries/delivery-contents.js'
import {
  providerReferences,
  providerReferencesByAge,
  providerReferencesWithoutKey,
} from '../tables/deliveries/provider-references.js'
import { firstRanges } from '../tables/deliveries/ranges.js'
import { reconciliations } from '../tables/deliveries/reconciliations.js'
import { events } from '../tables/inbox/events.js'
import { inbox, inboxInOneOrder } from '../tables/inbox/inbox.js'
import { parkedReports } from '../tables/inbox/parked-reports.js'
import { reportKeys, reportKeysAsHashes } from '../tables/inbox/report-keys.js'
import { outbox } from '../tables/outbox/outbox.js'
import { webhookAttempts } from '../tables/outbox/webhook-attempts.js'
import { webhookEndpoints } from '../tables/outbox/webhook-endpoints.js'
import { campaignEntries } from '../tables/recipients/campaign-entries.js'
import { campaignRecipients, memoryByOffsets } from '../tables/recipients/campaign-recipients.js'
import { lanes } from '../tables/recipients/lanes.js'
import { recipientBlocks } from '../tables/recipients/recipient-blocks.js'
import { messageTemplates } from '../tables/templates/message-templates.js'
import { templateVersions } from '../tables/templates/template-versions.js'

/** How large the parts are that a step makes. */
export interface Sizes {
  readonly idsPerRange: number
}

/** One step of the schema's history. Never changed once released; a later one is added instead. */
export interface Migration {
  readonly number: number
  /** Builds older than this schema number must not touch the tables any more. */
  readonly oldestReader: number
  readonly script: (schema: string, sizes: Sizes) => string
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

const eventsToHosts = [webhookEndpoints, outbox, webhookAttempts]

/** The schema's history, oldest first. */
export const migrations: readonly Migration[] = [
  { number: 1, oldestReader: 1, script: (schema) => foundation.map((table) => table(schema)).join(';\n') },
  { number: 2, oldestReader: 1, script: (schema) => eventsToHosts.map((table) => table(schema)).join(';\n') },
  { number: 3, oldestReader: 1, script: (schema, { idsPerRange }) => firstRanges(schema, idsPerRange) },
  { number: 4, oldestReader: 1, script: providerReferencesByAge },
  {
    number: 5,
    oldestReader: 5,
    script: (schema) => [callPermits, permitsOfOpenAttempts].map((part) => part(schema)).join(';\n'),
  },
  // An older build's stop would not wait for test sends.
  { number: 6, oldestReader: 6, script: testSends },
  {
    number: 7,
    oldestReader: 7,
    script: (schema) => [inboxInOneOrder, reportKeysAsHashes].map((part) => part(schema)).join(';\n'),
  },
  { number: 8, oldestReader: 7, script: permissionCauses },
  { number: 9, oldestReader: 7, script: providerReferencesWithoutKey },
  // An older build would take the offsets for instants.
  { number: 10, oldestReader: 10, script: memoryByOffsets },
  // An older build would begin runs that are not found by their campaign.
  { number: 11, oldestReader: 11, script: recipientBlocks },
]
