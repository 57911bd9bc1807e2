import { type CompiledTemplate, compileTemplate } from './render.js'
import { contentHash, type TemplateVersion } from './template.js'

const mostKept = 256

const compiled = new WeakMap<TemplateVersion, CompiledTemplate>()
const byIdentity = new Map<string, CompiledTemplate>()

/**
 * The compiled form of a version, compiled once however often a store reads the version anew. The 256 that were asked for last are
 * kept. Two versions share a form only if they are the same one and say the same.
 * @throws {TemplateError} as {@link compileTemplate} does.
 */
export function compiledTemplate(version: TemplateVersion): CompiledTemplate {
  const known = compiled.get(version) ?? read(version)
  compiled.set(version, known)
  return known
}

function read(version: TemplateVersion): CompiledTemplate {
  const { workspaceId, templateId, version: number, content, partials, fallbacks, trusted } = version
  const key = JSON.stringify([workspaceId, templateId, number, contentHash(content, partials, fallbacks, trusted)])
  const known = byIdentity.get(key) ?? compileTemplate(version)
  // Taken out and put in again, it is the last one to be dropped.
  byIdentity.delete(key)
  byIdentity.set(key, known)
  const [oldest] = byIdentity.keys()
  if (byIdentity.size > mostKept && oldest !== undefined) byIdentity.delete(oldest)
  return known
}
