import { ConfigurationError, NotFoundError } from '../../errors.js'
import { compileTemplate } from '../../message/render.js'
import { type ContentChange, contentHash, diffContent, type TemplateVersion } from '../../message/template.js'
import type { TemplateDraft } from '../../sequence/authoring/define-templates.js'
import type { EngineContext } from '../context.js'

/** Who changed a template, and why. */
export interface ChangeNote {
  readonly author?: string
  readonly note?: string
}

/** The templates of one workspace. */
export class Templates {
  constructor(
    private readonly context: EngineContext,
    private readonly workspaceId: string,
  ) {}

  /**
   * Adds the next version of a template; content equal to the latest adds nothing.
   * @throws {TemplateError} when it does not compile; nothing is stored then.
   */
  async publish(id: string, draft: TemplateDraft, { author, note }: ChangeNote = {}): Promise<TemplateVersion> {
    if (!/^[\w.-]{1,100}$/.test(id)) {
      throw new ConfigurationError(
        `A template's id has 1 to 100 letters, digits, dots, dashes and underscores; "${id.slice(0, 120)}" does not.`,
      )
    }
    const { channel, content, partials, fallbacks, trusted } = draft
    const version: Omit<TemplateVersion, 'version'> = {
      templateId: id,
      workspaceId: this.workspaceId,
      channel,
      content,
      ...(partials === undefined ? {} : { partials }),
      ...(fallbacks === undefined ? {} : { fallbacks }),
      ...(trusted === undefined ? {} : { trusted }),
      author: author ?? null,
      note: note ?? null,
      contentHash: contentHash(content, partials, fallbacks, trusted),
      createdAt: this.context.clock.now(),
    }
    compileTemplate({ ...version, version: 1 })
    return this.context.store.templates.publish(version)
  }

  /** Publishes every template of a record, as `defineTemplates` makes it. */
  async publishAll(
    drafts: { readonly [id: string]: TemplateDraft },
    note: ChangeNote = {},
  ): Promise<readonly TemplateVersion[]> {
    const published: TemplateVersion[] = []
    for (const [id, draft] of Object.entries(drafts)) published.push(await this.publish(id, draft, note))
    return published
  }

  /** @throws {NotFoundError} when there is no such template, or no such version of it. */
  async get(id: string, version: number | null = null): Promise<TemplateVersion> {
    const { workspaceId } = this
    const [found] = await this.context.store.templates.get([{ workspaceId, templateId: id, version }])
    if (found === undefined) {
      throw new NotFoundError(
        `Workspace "${workspaceId}" has no template "${id}"${version === null ? '' : ` version ${version}`}.`,
      )
    }
    return found
  }

  /** The latest version of each template. */
  list(): Promise<readonly TemplateVersion[]> {
    return this.context.store.templates.list({ workspaceId: this.workspaceId })
  }

  /** Every version, newest first. */
  history(id: string): Promise<readonly TemplateVersion[]> {
    return this.context.store.templates.history({ workspaceId: this.workspaceId, templateId: id })
  }

  /** What differs between two versions, field by field. */
  async diff(id: string, from: number, to: number): Promise<readonly ContentChange[]> {
    return diffContent(await this.get(id, from), await this.get(id, to))
  }

  /** Makes an earlier version the latest again, as a new version. */
  async restore(id: string, version: number, note: ChangeNote = {}): Promise<TemplateVersion> {
    const old = await this.get(id, version)
    return this.publish(id, old, { note: `Restores version ${version}`, ...note })
  }
}
