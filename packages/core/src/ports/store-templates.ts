import type { TemplateVersion } from '../message/template.js'

/** Templates and their immutable versions. */
export interface TemplateStore {
  /**
   * Adds the next version of a template and returns it with its number: 1 for the first. Content equal to the latest version's
   * adds nothing and returns that one.
   * @throws {ConflictError} of kind `duplicate` when the template exists for another channel.
   */
  publish(version: Omit<TemplateVersion, 'version'>): Promise<TemplateVersion>
  /** The wanted versions; `version: null` = the latest. What does not exist is left out. */
  get(
    keys: readonly { readonly workspaceId: string; readonly templateId: string; readonly version: number | null }[],
  ): Promise<readonly TemplateVersion[]>
  /** The latest version of every template of the workspace, by template id. */
  list(request: { readonly workspaceId: string }): Promise<readonly TemplateVersion[]>
  /** Every version of one template, newest first. */
  history(request: { readonly workspaceId: string; readonly templateId: string }): Promise<readonly TemplateVersion[]>
}
