import { formatInstant } from '@drumbeat/core'
import * as z from 'zod'
import { apiRoute } from '../routing/route.js'
import { auditEntry, stopReport, workspaceChange, workspaceSettings } from '../schemas/workspace.js'

/** The workspace as a whole: its settings, its emergency stop, its audit log. */
export const workspaceRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/settings',
    operation: 'getSettings',
    summary: 'What applies to all campaigns.',
    access: { role: 'viewer', scope: 'workspace:read' },
    audit: 'none',
    result: workspaceSettings,
    run: async ({ workspace }) => ({ body: await workspace.settings() }),
  }),
  apiRoute({
    method: 'PATCH',
    path: '/v1/settings',
    operation: 'updateSettings',
    summary: 'Changes what is named; the rest stays.',
    access: { role: 'admin', scope: 'workspace:write' },
    audit: 'workspace.configured',
    body: workspaceChange,
    result: workspaceSettings,
    run: async ({ workspace, body }) => ({
      body: await workspace.configure(body),
      record: { detail: { changed: Object.keys(body).join(', ') } },
    }),
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/emergency-stop',
    operation: 'emergencyStop',
    summary: 'Stops everything: once it answers, no further call starts.',
    access: { role: 'publisher', scope: 'workspace:write' },
    audit: 'workspace.stopped',
    result: stopReport,
    run: async ({ workspace }) => ({ body: await workspace.emergencyStop() }),
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/emergency-stop/lift',
    operation: 'resumeAfterStop',
    summary: 'Opens the workspace again after an emergency stop.',
    access: { role: 'admin', scope: 'workspace:write' },
    audit: 'workspace.resumed',
    run: async ({ workspace }) => {
      await workspace.resumeAfterStop()
      return { body: undefined }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/audit-log',
    operation: 'listAuditLog',
    summary: 'Who did what to which thing, newest first.',
    access: { role: 'admin', scope: 'audit:read' },
    audit: 'none',
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
    result: z.strictObject({ items: z.array(auditEntry) }),
    run: async ({ workspace, query }) => {
      const entries = await workspace.auditLog(query)
      const items = entries.map(({ at, actor, action, subject, detail }) => ({
        at: formatInstant(at),
        actor,
        action,
        subject,
        detail,
      }))
      return { body: { items } }
    },
  }),
]
