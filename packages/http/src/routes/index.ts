import type { AnyRoute } from '../routing/route.js'
import { contactRoutes } from './contacts.js'
import { enrollmentRoutes } from './enrollment.js'
import { eventRoutes } from './events.js'
import { providerRoutes } from './provider-reports.js'
import { workspaceRoutes } from './workspace.js'

/** Every route there is. */
export const routes: readonly AnyRoute[] = [
  ...eventRoutes,
  ...contactRoutes,
  ...enrollmentRoutes,
  ...workspaceRoutes,
  ...providerRoutes,
] as unknown as readonly AnyRoute[]
