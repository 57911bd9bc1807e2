import type { AnyRoute } from '../routing/route.js'
import { workspaceRoutes } from './workspace.js'

/** Every route there is. */
export const routes: readonly AnyRoute[] = [...workspaceRoutes] as unknown as readonly AnyRoute[]
