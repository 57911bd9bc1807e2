import { createRequire } from 'node:module'
import * as core from '@drumbeat/core'
import * as testing from '@drumbeat/core/testing'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { codeOf, problemsOf } from './page-code.js'

const [channel = '', test = ''] = codeOf('docs/writing-a-channel.md')

type Exports = { readonly [name: string]: unknown }

/** Runs a module of the page, with the modules that it imports. */
function run(code: string, own: { readonly [specifier: string]: Exports } = {}): Exports {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  })
  const modules: { readonly [specifier: string]: Exports } = {
    '@drumbeat/core': core,
    '@drumbeat/core/testing': testing,
    ...own,
  }
  const load = createRequire(import.meta.url)
  const exports = {}
  new Function('require', 'exports', outputText)((name: string) => modules[name] ?? load(name), exports)
  return exports
}

describe('the page about writing a channel', () => {
  it('shows a whole channel in less than 60 lines', () => {
    expect(channel.trimEnd().split('\n').length).toBeLessThan(60)
    expect(Object.keys(run(channel))).toEqual(['postboxChannel'])
  })

  it('shows code that compiles, as do the pages of the channels', () => {
    const packages = ['twilio', 'sendgrid', 'mailgun', 'smtp', 'webhook'].map(
      (one) => `packages/channel-${one}/README.md`,
    )
    const others = ['docs/channels.md', ...packages].flatMap(codeOf)
    expect(others.length).toBeGreaterThan(packages.length)
    const modules = Object.fromEntries(others.map((code, index) => [`page-${index}.ts`, code]))
    expect(problemsOf({ 'postbox-channel.ts': channel, 'postbox-channel.test.ts': test, ...modules })).toEqual([])
  }, 120_000)
})

// Registers the cases of the conformance suite, as the page's own test does.
run(test, { './postbox-channel.js': run(channel) })
