import { describe, it } from 'vitest'
import type { Store } from '../../ports/store.js'
import { campaignCases } from './campaigns.js'
import type { Cases } from './cases.js'
import { claimCases } from './claims.js'
import { commitCases } from './commit.js'
import { contactCases } from './contacts.js'
import { controlCases } from './control.js'
import { deliveryCases } from './deliveries.js'
import { enrollCases } from './enroll.js'
import { enrollAudienceCases } from './enroll-audience.js'
import { eraseCases } from './erase.js'
import { gateCases } from './gates.js'
import { inboxCases } from './inbox.js'
import { ingestCases } from './ingest.js'
import { intentCases } from './intents.js'
import { lifecycleCases } from './lifecycle.js'
import { outboxCases } from './outbox.js'
import { outboxWriteCases } from './outbox-writes.js'
import { pacingCases } from './pacing.js'
import { permissionCases } from './permissions.js'
import { quietReportCases } from './quiet-reports.js'
import { settleCases } from './settle.js'
import { Stage } from './stage.js'
import { templateCases } from './templates.js'
import { tenantCases } from './tenants.js'
import { testSendCases } from './test-sends.js'
import { concurrentTransactionCases, embeddedTransactionCases, transactionCases } from './transactions.js'

/** What {@link storeConformance} needs to know of a store. */
export interface StoreConformance {
  /** Shown above the cases. */
  readonly name: string
  /**
   * An open and *empty* store. Called once per case, so emptying a database that stays open beats making one. `close` gives back
   * what `open` took, also when the case has closed the store.
   */
  readonly open: () => Promise<{ readonly store: Store; readonly close: () => Promise<void> }>
  /** True when the store has one connection: while a host's transaction runs, calls without it are refused. Default false. */
  readonly embedded?: boolean
  /** Cases that this store cannot pass, by their sentence, each with the reason. */
  readonly skip?: { readonly [sentence: string]: string }
}

/**
 * Registers with vitest, one by one, what a Store must do. Virtual time only: no case waits.
 * @throws {Error} when `skip` names a case that does not exist, or gives no reason.
 */
export function storeConformance({ name, open, embedded = false, skip = {} }: StoreConformance): void {
  const groups: { readonly [capability: string]: Cases } = {
    lifecycle: lifecycleCases,
    contacts: contactCases,
    permissions: permissionCases,
    templates: templateCases,
    campaigns: campaignCases,
    enroll: enrollCases,
    'enroll an audience': enrollAudienceCases,
    claims: claimCases,
    intents: intentCases,
    pacing: pacingCases,
    commit: commitCases,
    settle: settleCases,
    deliveries: deliveryCases,
    inbox: inboxCases,
    'quiet reports': quietReportCases,
    ingest: ingestCases,
    'outbox, written': outboxWriteCases,
    'outbox, told': outboxCases,
    control: controlCases,
    gates: gateCases,
    'test sends': testSendCases,
    erase: eraseCases,
    tenants: tenantCases,
    'host transactions': { ...transactionCases, ...(embedded ? embeddedTransactionCases : concurrentTransactionCases) },
  }
  refuseBadSkips(skip, groups)
  describe(`${name} as a Store`, () => {
    for (const [capability, cases] of Object.entries(groups)) {
      describe(capability, () => {
        for (const [sentence, prove] of Object.entries(cases)) {
          const reason = skip[sentence]
          if (reason !== undefined) it.skip(`${sentence} (not here: ${reason})`)
          else it(sentence, () => onEmptyStore(open, prove))
        }
      })
    }
  })
}

async function onEmptyStore(open: StoreConformance['open'], prove: Cases[string]): Promise<void> {
  const { store, close } = await open()
  try {
    await prove(new Stage(store))
  } finally {
    await close()
  }
}

function refuseBadSkips(
  skip: Required<StoreConformance>['skip'],
  groups: { readonly [capability: string]: Cases },
): void {
  const known = new Set(Object.values(groups).flatMap((cases) => Object.keys(cases)))
  for (const [sentence, reason] of Object.entries(skip)) {
    if (!known.has(sentence)) throw new Error(`The store suite has no case "${sentence}" that could be skipped.`)
    if (reason.trim() === '') throw new Error(`Give a reason for skipping "${sentence}".`)
  }
}
