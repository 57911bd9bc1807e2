import type { Category } from '../../contact/consent.js'
import { extractLinks, replaceLinks } from '../../message/links.js'
import type { RenderedContent } from '../../message/render.js'
import type { Content, TemplateVersion } from '../../message/template.js'

/** A message whose opening is to be noticed. */
export interface TrackedMessage {
  readonly workspaceId: string
  readonly channel: string
  readonly category: Category
  readonly deliveryRef: string
}

/** A link that is to be followed by way of an address that notices it. */
export interface TrackedLink extends TrackedMessage {
  readonly templateId: string
  readonly templateVersion: number
  /** Where it leads. Stands in the template version as it is, or in one of its partials: whoever redirects finds it there. */
  readonly url: string
}

/** Notices what people do with mails. Each may answer null: this one is not tracked. */
export interface Tracking {
  /** The address of an invisible image. */
  openUrl?(message: TrackedMessage): string | null
  /**
   * The address that redirects to the link. Only links of the HTML that are written out in the template are asked for: one with a token in it
   * says something of the contact, and stays as it is.
   */
  clickUrl?(link: TrackedLink): string | null
}

/** The content as it goes out, with links and image of the tracking. The same message is always tracked alike. */
export function tracked(
  tracking: Tracking,
  content: RenderedContent,
  version: TemplateVersion,
  message: TrackedMessage,
): RenderedContent {
  if (content.kind !== 'email') return content
  const { templateId, version: templateVersion } = version
  // Looking for links takes as long as all the rest of rendering: mails without a link to follow are left alone.
  const literal = tracking.clickUrl === undefined ? noLinks : literalLinks(version)
  const linked =
    literal.size === 0
      ? content
      : replaceLinks(content, ({ path, url }) => {
          if (path !== 'html' || !literal.has(url)) return url
          return tracking.clickUrl?.({ ...message, templateId, templateVersion, url }) ?? url
        })
  const image = tracking.openUrl?.(message) ?? null
  return image === null || linked.kind !== 'email' ? linked : { ...linked, html: withImage(linked.html, image) }
}

const noLinks: ReadonlySet<string> = new Set()
const known = new WeakMap<TemplateVersion, ReadonlySet<string>>()

/** The web links that are written out in a template version, partials and layout included. */
export function literalLinks(version: TemplateVersion): ReadonlySet<string> {
  const found = known.get(version)
  if (found !== undefined) return found
  const sources: readonly Content[] = [
    version.content,
    ...Object.values(version.partials ?? {}).map((html): Content => ({ kind: 'email', subject: '', html })),
  ]
  const urls = sources.flatMap((source) => extractLinks(source).map(({ url }) => url))
  const literal = new Set(urls.filter((url) => !url.includes('{{')))
  known.set(version, literal)
  return literal
}

function withImage(html: string, url: string): string {
  const src = url.replace(/&/g, '&amp;').replace(/"/g, '&quot;')
  const image = `<img src="${src}" width="1" height="1" alt="" style="display:block;border:0">`
  const end = html.toLowerCase().lastIndexOf('</body>')
  return end === -1 ? html + image : html.slice(0, end) + image + html.slice(end)
}
