import { ConflictError, type TemplateStore } from '@drumbeat/core'
import type { Call } from './call.js'
import { byText, keyOf } from './keys.js'
import type { State } from './state.js'

/** Templates and their versions. */
export function memoryTemplates(state: State, call: Call): TemplateStore {
  return {
    publish: (version) =>
      call({}, () => {
        const { workspaceId, templateId, channel, contentHash } = version
        const key = keyOf(workspaceId, templateId)
        const versions = state.templates.get(key) ?? []
        const latest = versions.at(-1)
        if (latest !== undefined && latest.channel !== channel) {
          throw new ConflictError(
            `Template "${templateId}" is for channel "${latest.channel}" and cannot get a version for "${channel}". Use another id.`,
            { kind: 'duplicate' },
          )
        }
        if (latest?.contentHash === contentHash) return latest
        const added = { ...version, version: versions.length + 1 }
        return state.templates.set(key, [...versions, added]).at(-1) ?? added
      }),
    get: (keys) =>
      call({}, () =>
        keys.flatMap(({ workspaceId, templateId, version }) => {
          const versions = state.templates.get(keyOf(workspaceId, templateId)) ?? []
          return (version === null ? versions.at(-1) : versions[version - 1]) ?? []
        }),
      ),
    list: ({ workspaceId }) =>
      call({}, () =>
        state.templates
          .values()
          .flatMap((versions) => versions.at(-1) ?? [])
          .filter((latest) => latest.workspaceId === workspaceId)
          .sort(byText(({ templateId }) => templateId)),
      ),
    history: ({ workspaceId, templateId }) =>
      call({}, () => [...(state.templates.get(keyOf(workspaceId, templateId)) ?? [])].reverse()),
  }
}
