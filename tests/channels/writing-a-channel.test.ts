import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as core from '@drumbeat/core'
import * as testing from '@drumbeat/core/testing'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = readFileSync(`${root}docs/writing-a-channel.md`, 'utf8')
const [channel = '', test = ''] = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? '')

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

/** What the compiler says of the page's modules, as if they stood in this folder. */
function problemsOf(modules: { readonly [path: string]: string }): readonly string[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (path) => path in modules || fileExists(path)
  host.readFile = (path) => modules[path] ?? readFile(path)
  const program = ts.createProgram(Object.keys(modules), options, host)
  return Object.keys(modules).flatMap((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => `${path.replace(root, '')}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  )
}

describe('the page about writing a channel', () => {
  it('shows a whole channel in less than 60 lines', () => {
    expect(channel.trimEnd().split('\n').length).toBeLessThan(60)
    expect(Object.keys(run(channel))).toEqual(['postboxChannel'])
  })

  it('shows code that compiles', () => {
    const folder = `${root}tests/channels/`
    expect(
      problemsOf({ [`${folder}postbox-channel.ts`]: channel, [`${folder}postbox-channel.test.ts`]: test }),
    ).toEqual([])
  }, 60_000)
})

// Registers the cases of the conformance suite, as the page's own test does.
run(test, { './postbox-channel.js': run(channel) })
