import type { Campaign, CampaignStatus } from '../campaign/campaign.js'
import type { Instant } from '../schedule/instant.js'
import type { EventType } from './event-type.js'
import { eventId, type OutboxEvent, streamOfCampaign } from './outbox-event.js'

const ofStatus: { readonly [Status in CampaignStatus]: EventType } = {
  draft: 'campaign.unscheduled',
  scheduled: 'campaign.scheduled',
  active: 'campaign.activated',
  paused: 'campaign.paused',
  stopping: 'campaign.stopping',
  stopped: 'campaign.stopped',
  completed: 'campaign.completed',
  archived: 'campaign.archived',
}

/** What is told of a campaign whose status changed. Other changes are not told. */
export function eventsOfCampaign(
  before: Pick<Campaign, 'status'>,
  campaign: Campaign,
  now: Instant,
): readonly OutboxEvent[] {
  const { workspaceId, id: campaignId, status, version, revision } = campaign
  if (before.status === status) return []
  const type = before.status === 'paused' && status === 'active' ? 'campaign.resumed' : ofStatus[status]
  return [
    {
      workspaceId,
      id: eventId(workspaceId, type, campaignId, revision),
      type,
      at: now,
      stream: streamOfCampaign(campaignId),
      data: { campaignId, status, from: before.status, version },
    },
  ]
}
