import type { AnyRoute } from '../routing/route.js'
import { audienceRoutes } from './audiences.js'
import { lifecycleRoutes } from './campaign-lifecycle.js'
import { campaignRoutes } from './campaigns.js'
import { contactRoutes } from './contacts.js'
import { descriptionRoute } from './description.js'
import { enrollmentRoutes } from './enrollment.js'
import { eventRoutes } from './events.js'
import { liveRoutes } from './live.js'
import { preferenceRoutes } from './preferences.js'
import { providerRoutes } from './provider-reports.js'
import { recipientRoutes } from './recipients.js'
import { sequenceRoutes } from './sequences.js'
import { simulationRoutes } from './simulation.js'
import { templateRoutes } from './templates.js'
import { trackingRoutes } from './tracking.js'
import { webhookEndpointRoutes } from './webhook-endpoints.js'
import { workspaceRoutes } from './workspace.js'

/** Every route of the API that answers with JSON, each with its types. */
export const apiRoutes = [
  ...campaignRoutes,
  ...lifecycleRoutes,
  ...sequenceRoutes,
  ...simulationRoutes,
  ...enrollmentRoutes,
  ...recipientRoutes,
  ...templateRoutes,
  ...contactRoutes,
  ...audienceRoutes,
  ...eventRoutes,
  ...workspaceRoutes,
  ...webhookEndpointRoutes,
]

const described = [
  ...apiRoutes,
  ...liveRoutes,
  ...providerRoutes,
  ...preferenceRoutes,
  ...trackingRoutes,
] as unknown as readonly AnyRoute[]

/** Every route there is. A route takes what its own schemas let through, so the table forgets their types. */
export const routes: readonly AnyRoute[] = [...described, descriptionRoute(described) as AnyRoute]
