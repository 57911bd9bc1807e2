import fc from 'fast-check'
import { defaultWorkspaceSettings } from '../../campaign/workspace.js'
import type { PermissionChange } from '../../ports/store-contacts.js'
import type { GateScope } from '../../ports/store-control.js'
import { aCampaign, aTemplate, aVersion, minute } from '../builders.js'
import { among, type Command, command, upTo } from './command.js'
import { addressOf, type Subject, world } from './subject.js'

const workspaceId = among(['acme', ...world.workspaces])
const campaignId = among(world.campaigns)
const contactId = among(world.contacts)
const channel = among(world.channels)

const consent = fc.record({
  contactId,
  channel,
  topic: among([null, 'news']),
  status: among(['granted', 'revoked', 'pending'] as const),
  at: upTo(3),
})
const suppression = fc.record({
  contactId,
  channel,
  topic: among([null, 'news']),
  reason: among(['stop', 'complaint'] as const),
  at: upTo(3),
})

const permission: fc.Arbitrary<PermissionChange> = fc.oneof(
  consent.map(({ contactId, at, ...said }) => ({
    kind: 'consent' as const,
    contactId,
    consent: { ...said, at: minute(at), source: 'model' },
  })),
  suppression.map(({ contactId, at, ...rest }) => ({
    kind: 'suppress' as const,
    suppression: { ...rest, at: minute(at), address: addressOf(contactId) },
  })),
  fc
    .record({ contactId, channel, reason: among(['stop', 'complaint'] as const) })
    .map(({ contactId, channel, reason }) => ({
      kind: 'lift' as const,
      channel,
      address: addressOf(contactId),
      reasons: [reason],
    })),
)

const scope: fc.Arbitrary<GateScope> = fc
  .record({ workspaceId, campaignId, kind: among(['workspace', 'campaign', 'step', 'account'] as const) })
  .map(({ workspaceId, campaignId, kind }) => {
    const ref = { workspace: '', campaign: campaignId, step: `${campaignId}/welcome`, account: 'mail-account' }[kind]
    return { workspaceId, kind, ref }
  })

const contactInput = fc
  .record({
    id: contactId,
    withAddress: fc.boolean(),
    zone: among([undefined, null, 'UTC']),
    plan: among([undefined, null, 'trial', 'paid']),
    tags: among([undefined, [], ['vip']]),
  })
  .map(({ id, withAddress, zone, plan, tags }) => ({
    id,
    addresses: withAddress ? { email: addressOf(id), sms: null } : undefined,
    zone,
    attributes: { plan },
    tags,
  }))

/** Saves a campaign anew or over what is stored, and publishes its first version. */
async function save(
  subject: Subject,
  args: {
    workspaceId: string
    campaignId: string
    on: 'nothing' | 'stored' | 'stale'
    status: 'active' | 'paused'
    cursor: boolean
  },
): Promise<unknown> {
  const { store, now } = subject
  const { workspaceId, campaignId: id, on, status } = args
  const [known] = await store.campaigns.get({ workspaceId, campaignIds: [id] })
  const stored = known?.revision ?? 0
  const expectedRevision = on === 'nothing' ? null : on === 'stored' ? stored : stored + 7
  const activation = args.cursor ? { after: null, enrolled: 0 } : null
  const campaign = aCampaign({
    workspaceId,
    id,
    status,
    activation,
    revision: stored + 1,
    createdAt: known?.createdAt ?? now,
  })
  const outcome = await store.campaigns.save({ campaign, expectedRevision }).then(
    () => 'saved',
    (error) => error.kind,
  )
  if (outcome !== 'saved') return outcome
  subject.campaigns.add(`${workspaceId}/${id}`)
  await store.campaigns.publish(aVersion(campaign, { publishedAt: now }))
  return 'saved'
}

/** Commands on contacts, permissions, campaigns, templates, gates and the like. */
export const recordCommands: readonly fc.Arbitrary<Command>[] = [
  upsertCommand(),
  command(
    'changePermissions',
    fc.record({
      workspaceId,
      changes: fc.array(permission, { minLength: 1, maxLength: 3 }),
      once: fc.subarray(['message 1', 'message 2']),
    }),
    ({ store, now }, args) => store.contacts.changePermissions({ ...args, now }),
  ),
  command('erase', fc.record({ workspaceId, contactId }), ({ store, now }, args) =>
    store.contacts.erase({ ...args, now }),
  ),
  command(
    'saveCampaign',
    fc.record({
      workspaceId,
      campaignId,
      on: among(['nothing', 'stored', 'stale'] as const),
      status: among(['active', 'paused'] as const),
      cursor: fc.boolean(),
    }),
    save,
  ),
  command('deleteCampaign', fc.record({ workspaceId, campaignId }), async ({ store, campaigns }, args) => {
    campaigns.delete(`${args.workspaceId}/${args.campaignId}`)
    await store.campaigns.delete(args)
  }),
  command(
    'decide',
    fc.record({ workspaceId, campaignId, arm: among(['a', 'b']) }),
    async ({ store, campaigns, now }, args) =>
      campaigns.has(`${args.workspaceId}/${args.campaignId}`)
        ? store.campaigns.decide({
            ...args,
            stepId: 'split',
            decidedAt: now,
            significant: true,
            pValue: 0.01,
            tally: [],
          })
        : 'no campaign',
  ),
  command(
    'publishTemplate',
    fc.record({ workspaceId, templateId: among(['welcome', 'tips']), channel, subject: among(['One', 'Two']) }),
    ({ store, now }, { subject, ...template }) =>
      store.templates
        .publish(aTemplate({ ...template, content: { kind: 'email', subject, html: '' }, createdAt: now }))
        .catch((error) => error.kind),
  ),
  command('setGate', fc.record({ scope, closed: fc.boolean() }), ({ store, now }, args) =>
    store.control.setGate({ ...args, now }),
  ),
  command('openAttempts', scope, ({ store, now }, of) => store.control.openAttempts({ scope: of, now })),
  command(
    'saveWorkspace',
    fc.record({ workspaceId, zone: among(['UTC', 'Asia/Tokyo']) }),
    ({ store }, { workspaceId, zone }) =>
      store.control.saveWorkspace({ workspaceId, settings: { ...defaultWorkspaceSettings, zone } }),
  ),
  command('audit', workspaceId, ({ store, now }, workspaceId) =>
    store.control.audit([{ workspaceId, at: now, actor: null, action: 'model', subject: 'x', detail: {} }]),
  ),
]

/** Creates or changes contacts; may take part in a host's transaction. */
export function upsertCommand(): fc.Arbitrary<Command> {
  const contacts = fc.uniqueArray(contactInput, { minLength: 1, maxLength: 2, selector: ({ id }) => id })
  return command('upsert', fc.record({ workspaceId, contacts }), ({ store, now, tx }, args) =>
    store.contacts.upsert({ ...args, now, ...(tx === undefined ? {} : { tx }) }),
  )
}
