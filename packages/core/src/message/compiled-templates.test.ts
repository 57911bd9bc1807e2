import { describe, expect, it } from 'vitest'
import { compiledTemplate } from './compiled-templates.js'
import { versionOf } from './test-builders.js'

const body = (text: string) => ({ kind: 'text', body: text }) as const

describe('compiledTemplate', () => {
  it('compiles a version once, however often it is read from a store', () => {
    const first = compiledTemplate(versionOf(body('Hi {{name}}')))
    expect(compiledTemplate(structuredClone(first.version))).toBe(first)
  })

  it.each([
    ['another content', { content: body('Hello {{name}}') }],
    ['another fallback', { fallbacks: { name: 'you' } }],
    ['another number', { version: 4 }],
    ['another template', { templateId: 'other' }],
    ['another workspace', { workspaceId: 'other' }],
  ])('tells a version with %s apart, even under one content hash', (_, given) => {
    const first = compiledTemplate(versionOf(body('Hi {{name}}')))
    expect(compiledTemplate(versionOf(body('Hi {{name}}'), given))).not.toBe(first)
  })

  it('keeps those that are used, and drops the others', () => {
    const used = compiledTemplate(versionOf(body('used')))
    const unused = compiledTemplate(versionOf(body('unused')))
    for (let index = 0; index < 256; index++) {
      compiledTemplate(versionOf(body(`one of many: ${index}`)))
      compiledTemplate({ ...used.version })
    }
    expect(compiledTemplate({ ...used.version })).toBe(used)
    expect(compiledTemplate({ ...unused.version })).not.toBe(unused)
  })
})
