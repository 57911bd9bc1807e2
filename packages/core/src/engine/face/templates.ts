import type { Category } from '../../contact/consent.js'
import type { Contact } from '../../contact/contact.js'
import { ConfigurationError, NotFoundError } from '../../errors.js'
import type { JsonObject } from '../../json.js'
import { compileTemplate } from '../../message/render.js'
import { type ContentChange, contentHash, diffContent, type TemplateVersion } from '../../message/template.js'
import type { TemplateDraft } from '../../sequence/authoring/define-templates.js'
import { guardJson } from '../../sequence/guard-json.js'
import type { EngineContext } from '../context.js'
import { sendTest, type TestSend } from '../sending/test-send.js'
import { Contacts } from './contacts.js'

/** Who changed a template, and why. */
export interface ChangeNote {
  readonly author?: string
  readonly note?: string
}

/** What a test of a template is sent with. */
export interface TestSendOptions {
  /** The address that gets it. It is kept nowhere. */
  readonly to: string
  /** Whose data fill it in: a contact's id, or somebody made up. Default: nobody's, so that fallbacks show. */
  readonly contact?: string | SampleContact
  /** The data of the event that would have begun the run. */
  readonly trigger?: JsonObject
  /** Replies of webhook steps, by step id. */
  readonly replies?: JsonObject
  /** Default: the template's own. */
  readonly channel?: string
  /** Default `marketing`. */
  readonly category?: Category
  /** False = a mail's subject stays as it will be. Default: it begins with `[Test]`. Other messages never say that they are tests. */
  readonly mark?: boolean
}

/** Somebody made up, to fill a template in. */
export type SampleContact = Partial<Pick<Contact, 'id' | 'attributes' | 'addresses' | 'locale'>>

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
  async publish(id: string, draft: TemplateDraft, note: ChangeNote = {}): Promise<TemplateVersion> {
    if (!/^[\w.-]{1,100}$/.test(id)) {
      throw new ConfigurationError(
        `A template's id has 1 to 100 letters, digits, dots, dashes and underscores; "${id.slice(0, 120)}" does not.`,
      )
    }
    return this.context.store.templates.publish(this.versionFrom(id, draft, note))
  }

  /** @throws {TemplateError} when it does not compile. */
  private versionFrom(id: string, draft: TemplateDraft, { author, note }: ChangeNote = {}): TemplateVersion {
    const { channel, content, partials, fallbacks, trusted } = draft
    const version: TemplateVersion = {
      templateId: id,
      version: 1,
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
    compileTemplate(version)
    return version
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

  /**
   * Sends a template to one address, to see how it arrives: the latest version, a certain one, or a draft that is not published. It is made
   * and sent as a campaign's message is, but leads nowhere back: links are not tracked, the unsubscribe link unsubscribes nobody, and nothing
   * is counted or kept of it. Stops and pauses hold it.
   * @throws {NotFoundError} when there is no such template or contact.
   * @throws {ConflictError} `suppressed` when the address is closed; `over_budget` when the workspace has sent too many tests.
   * @throws {TemplateError} when it does not compile, or lacks a value for a token.
   * @throws {InvalidTransitionError} when the workspace is stopped, or the channel's account paused.
   */
  async sendTest(
    template: string | { readonly id: string; readonly version: number } | TemplateDraft,
    { to, contact = {}, trigger = {}, replies = {}, channel, category = 'marketing', mark = true }: TestSendOptions,
  ): Promise<TestSend> {
    const { context, workspaceId } = this
    for (const json of [trigger, replies, typeof contact === 'string' ? {} : contact]) guardJson(json)
    const version = await this.versionOf(template)
    const via = channel ?? version.channel
    return sendTest(context, {
      workspaceId,
      template: version,
      channel: via,
      to,
      contact:
        typeof contact === 'string'
          ? await new Contacts(context, workspaceId).get(contact)
          : { id: 'test', attributes: {}, addresses: { [via]: to }, locale: null, ...contact },
      trigger,
      replies,
      category,
      mark,
    })
  }

  private async versionOf(template: Parameters<Templates['sendTest']>[0]): Promise<TemplateVersion> {
    if (typeof template === 'string') return this.get(template)
    return 'content' in template ? this.versionFrom('draft', template) : this.get(template.id, template.version)
  }

  /** Makes an earlier version the latest again, as a new version. */
  async restore(id: string, version: number, note: ChangeNote = {}): Promise<TemplateVersion> {
    const old = await this.get(id, version)
    return this.publish(id, old, { note: `Restores version ${version}`, ...note })
  }
}
