import { compileTemplate, contentHash, emailTemplate, renderMessage, type TemplateVersion } from '@drumbeat/core'
import Mustache from 'mustache'
import type { Figure } from '../figure.js'
import { html, personOf, subject } from '../mail.js'

const many = 100_000

/**
 * A mail of 2 KB with eight tokens, subject and HTML; mustache.js with its own cache of parsed templates. Drumbeat takes the hash of a
 * message when it is read, as the engine does of each that it sends; mustache.js has none, so that the ratio is without it.
 */
export const renders: Figure = {
  name: 'Mails rendered',
  unit: 'per second',
  higherIsBetter: true,
  measured: {
    Drumbeat: async () => rate(ours(false)),
    'Drumbeat, with the hash': async () => rate(ours(true)),
    'mustache.render': async () => rate(mustaches),
  },
  ratios: [{ name: 'to mustache.render', of: ['Drumbeat'], to: ['mustache.render'], goal: 4 }],
}

const link = 'https://acme.test/bye/dlv_00000000'

function ours(withHash: boolean): (index: number) => string {
  const { content } = emailTemplate({ subject, html })
  const version: TemplateVersion = {
    templateId: 'mail',
    workspaceId: 'bench',
    version: 1,
    channel: 'email',
    content,
    author: null,
    note: null,
    contentHash: contentHash(content),
    createdAt: 0,
  }
  const compiled = compileTemplate(version)
  const render = (index: number): string => {
    const { id, email, attributes } = personOf(index)
    const rendered = renderMessage(compiled, {
      attributes,
      workspace: { product: 'Acme' },
      trigger: {},
      webhook: {},
      computed: {},
      contact: { id, email },
      unsubscribeUrl: link,
    })
    if (!rendered.ok || rendered.content.kind !== 'email') throw new Error('The mail cannot be rendered.')
    if (withHash && rendered.hash === '') throw new Error('The mail has no hash.')
    return rendered.content.subject + rendered.content.html
  }
  for (let index = 0; index < 100; index++) {
    // mustache.js writes a slash as an entity, which reads the same.
    if (render(index) !== mustaches(index).replaceAll('&#x2F;', '/'))
      throw new Error(`Mail ${index} is not what mustache.js makes of it.`)
  }
  return render
}

function mustaches(index: number): string {
  const { attributes } = personOf(index)
  const view = { ...attributes, workspace: { product: 'Acme' }, unsubscribeUrl: link }
  // A subject is no HTML: mustache.js escapes it only if it is not told otherwise.
  return Mustache.render(subject, view, {}, { escape: String }) + Mustache.render(html, view)
}

function rate(render: (index: number) => string): number {
  for (let index = 0; index < many / 10; index++) render(index)
  const startedAt = performance.now()
  let length = 0
  for (let index = 0; index < many; index++) length += render(index).length
  if (length === 0) throw new Error('Nothing was rendered.')
  return (many * 1000) / (performance.now() - startedAt)
}
