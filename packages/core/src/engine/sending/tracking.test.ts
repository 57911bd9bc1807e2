import { expect, it } from 'vitest'
import type { TemplateVersion } from '../../message/template.js'
import { literalLinks, tracked } from './tracking.js'

const version: TemplateVersion = {
  templateId: 'hello',
  workspaceId: 'acme',
  version: 2,
  channel: 'email',
  content: {
    kind: 'email',
    subject: 'Hello',
    html: '<body><a href="https://acme.test/a?x=1&amp;y=2">A</a> <a href="https://acme.test/{{id}}">B</a> {{> foot}}</body>',
    text: 'https://acme.test/a?x=1&y=2',
  },
  partials: { foot: '<a href="https://acme.test/foot">Foot</a>' },
  author: null,
  note: null,
  contentHash: '',
  createdAt: 0,
}
const rendered = {
  kind: 'email',
  subject: 'Hello',
  html: '<body><a href="https://acme.test/a?x=1&amp;y=2">A</a> <a href="https://acme.test/7">B</a> <a href="https://acme.test/foot">Foot</a></body>',
  text: 'https://acme.test/a?x=1&y=2',
} as const
const message = { workspaceId: 'acme', channel: 'email', category: 'marketing', deliveryRef: 'dlv_1' } as const

it('finds the links that are written out in a version and its partials, and none with a token', () => {
  expect([...literalLinks(version)]).toEqual(['https://acme.test/a?x=1&y=2', 'https://acme.test/foot'])
})

it('leads written-out links of the HTML by way of the tracking, and leaves personal ones and plain text as they are', () => {
  const asked: string[] = []
  const content = tracked(
    {
      openUrl: ({ deliveryRef }) => `https://t.test/o/${deliveryRef}?a=1&b=2`,
      clickUrl: ({ url, templateId, templateVersion }) => {
        asked.push(`${templateId}/${templateVersion} ${url}`)
        return `https://t.test/c/${asked.length}`
      },
    },
    rendered,
    version,
    message,
  )
  expect(asked).toEqual(['hello/2 https://acme.test/a?x=1&y=2', 'hello/2 https://acme.test/foot'])
  expect(content).toEqual({
    ...rendered,
    html:
      '<body><a href="https://t.test/c/1">A</a> <a href="https://acme.test/7">B</a> <a href="https://t.test/c/2">Foot</a>' +
      '<img src="https://t.test/o/dlv_1?a=1&amp;b=2" width="1" height="1" alt="" style="display:block;border:0"></body>',
  })
})

it('changes nothing where nothing is tracked, and nothing in a text message', () => {
  expect(tracked({}, rendered, version, message)).toEqual(rendered)
  expect(tracked({ openUrl: () => null, clickUrl: () => null }, rendered, version, message)).toEqual(rendered)
  const text = { kind: 'text', body: 'https://acme.test/foot' } as const
  expect(tracked({ openUrl: () => 'x', clickUrl: () => 'y' }, text, version, message)).toBe(text)
})
