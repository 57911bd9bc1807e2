import { ConflictError, type TemplateStore, type TemplateVersion } from '@drumbeat/core'
import { batch } from '../sql/batch.js'
import { document, fromJson } from '../sql/json.js'
import { int } from '../sql/values.js'
import type { QueryContext } from './context.js'

interface DocumentRow {
  readonly document: string
}

const templateOf = (row: DocumentRow): TemplateVersion => fromJson(row.document)

const templateKeys = batch<{
  readonly workspaceId: string
  readonly templateId: string
  readonly version: number | null
}>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  template_id: ['text', ({ templateId }) => templateId],
  version: ['int', ({ version }) => version],
})

/** Templates and their immutable versions. */
export function templateQueries({ database, s }: QueryContext): TemplateStore {
  const latest = `${s}.message_templates m join ${s}.template_versions v
    on v.workspace_id = m.workspace_id and v.template_id = m.template_id`
  return {
    publish: (version) =>
      database.write(async (connection) => {
        const { workspaceId, templateId, channel, contentHash } = version
        const key = [workspaceId, templateId]
        await connection.query(
          `insert into ${s}.message_templates (workspace_id, template_id, channel, latest_version)
           values ($1, $2, $3, 0) on conflict do nothing`,
          [...key, channel],
        )
        const [template] = await connection.query<{ channel: string; latest: number }>(
          `select channel, ${int('latest_version')} as latest from ${s}.message_templates
           where workspace_id = $1 and template_id = $2 for update`,
          key,
        )
        if (template !== undefined && template.channel !== channel) {
          throw new ConflictError(
            `Template "${templateId}" exists for the channel "${template.channel}", not "${channel}".`,
            { kind: 'duplicate' },
          )
        }
        const number = (template?.latest ?? 0) + 1
        const [current] = await connection.query<DocumentRow>(
          `select document::text as document from ${s}.template_versions
           where workspace_id = $1 and template_id = $2 and version = $3::int and content_hash = $4`,
          [...key, number - 1, contentHash],
        )
        if (current !== undefined) return templateOf(current)
        const numbered = { ...version, version: number }
        await connection.query(
          `insert into ${s}.template_versions (workspace_id, template_id, version, content_hash, document)
           values ($1, $2, $3::int, $4, $5::json)`,
          [...key, number, contentHash, document(numbered)],
        )
        await connection.query(
          `update ${s}.message_templates set latest_version = $3::int where workspace_id = $1 and template_id = $2`,
          [...key, number],
        )
        return numbered
      }),
    async get(keys) {
      const rows = await database.read<DocumentRow>(
        `select distinct v.document::text as document from ${latest} join ${templateKeys.from('t')}
           on t.workspace_id = m.workspace_id and t.template_id = m.template_id and v.version = coalesce(t.version, m.latest_version)`,
        templateKeys.params(keys),
      )
      return rows.map(templateOf)
    },
    async list({ workspaceId }) {
      const rows = await database.read<DocumentRow>(
        `select v.document::text as document from ${latest} where m.workspace_id = $1 and v.version = m.latest_version order by m.template_id`,
        [workspaceId],
      )
      return rows.map(templateOf)
    },
    async history({ workspaceId, templateId }) {
      const rows = await database.read<DocumentRow>(
        `select document::text as document from ${s}.template_versions where workspace_id = $1 and template_id = $2 order by version desc`,
        [workspaceId, templateId],
      )
      return rows.map(templateOf)
    },
  }
}
