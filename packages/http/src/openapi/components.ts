import * as z from 'zod'
import { campaign, campaignInput, sequenceDiff, sequenceVersion } from '../schemas/campaign.js'
import { condition, sequence } from '../schemas/condition.js'
import { contact, contactChange, contactExport, eventInput } from '../schemas/contact.js'
import { delivery } from '../schemas/delivery.js'
import { recipient } from '../schemas/recipient.js'
import { businessCalendar, frequencyCap, rulesByChannel } from '../schemas/rules.js'
import { content, template } from '../schemas/template.js'
import { explanation } from '../schemas/timeline.js'
import { issue } from '../schemas/values.js'
import { webhookAttempt, webhookEndpoint } from '../schemas/webhook-endpoint.js'
import { auditEntry, workspaceSettings } from '../schemas/workspace.js'

/** What every error answer looks like. */
const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string().describe('A stable literal that code may branch on.'),
  issues: z
    .array(
      z.strictObject({
        path: z.array(z.union([z.string(), z.number()])),
        message: z.string(),
        fix: z.string(),
      }),
    )
    .optional(),
})

/** The schemas that have a name in the document, because several routes use them. */
export const components: Readonly<Record<string, z.ZodType>> = {
  AuditEntry: auditEntry,
  BusinessCalendar: businessCalendar,
  Campaign: campaign,
  CampaignInput: campaignInput,
  Condition: condition,
  Contact: contact,
  ContactChange: contactChange,
  ContactExport: contactExport,
  Content: content,
  Delivery: delivery,
  EventInput: eventInput,
  Explanation: explanation,
  FrequencyCap: frequencyCap,
  Issue: issue,
  Problem: problem,
  Recipient: recipient,
  RulesByChannel: rulesByChannel,
  Sequence: sequence,
  SequenceDiff: sequenceDiff,
  SequenceVersion: sequenceVersion,
  Template: template,
  WebhookAttempt: webhookAttempt,
  WebhookEndpoint: webhookEndpoint,
  WorkspaceSettings: workspaceSettings,
}
