import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'

// What an author sees while typing: the compiler's own words, and what the editor offers. `|` marks the cursor.

const folder = new URL('.', import.meta.url).pathname
const file = `${folder}editor-probe.ts`

const imports = `
  import { defineTemplates, emailTemplate, smsTemplate } from './authoring/define-templates.js'
  import { defineSequence } from './define-sequence.js'
  import { branch, exit, send, wait } from './steps.js'
`
const templates = `
  const templates = defineTemplates<{ firstName: string }>()({
    welcome: emailTemplate({ subject: 'Hi', html: '' }),
    nudge: smsTemplate({ body: 'Hi' }),
  })
`

/** An editor with one open file. */
class Editor {
  private text = ''
  private version = 0
  private readonly service: ts.LanguageService

  constructor() {
    const config = ts.readConfigFile(`${folder}../../../../tsconfig.base.json`, ts.sys.readFile)
    const { options } = ts.parseJsonConfigFileContent({ ...config.config, files: [] }, ts.sys, folder)
    this.service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => [file],
      getScriptVersion: (name) => (name === file ? String(this.version) : '0'),
      getScriptSnapshot: (name) => {
        const text = name === file ? this.text : ts.sys.readFile(name)
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
      },
      getCurrentDirectory: () => folder,
      getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
      fileExists: (name) => name === file || ts.sys.fileExists(name),
      readFile: ts.sys.readFile,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
    })
  }

  errors(code: string): readonly string[] {
    this.open(code)
    return this.service
      .getSemanticDiagnostics(file)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  }

  offers(code: string): readonly string[] {
    const cursor = (imports + code).indexOf('|')
    this.open(code.replace('|', ''))
    return (this.service.getCompletionsAtPosition(file, cursor, {})?.entries ?? []).map(({ name }) => name)
  }

  private open(code: string): void {
    this.text = imports + code
    this.version++
  }
}

describe('an editor', () => {
  let editor: Editor
  beforeAll(() => {
    editor = new Editor()
  }, 60_000)

  it('has nothing to say about what is right', () => {
    const code = `${templates}
      defineSequence({ templates, start: 'welcome', steps: {
        welcome: send({ channel: 'email', template: 'welcome', next: 'done' }),
        done: exit(),
      } })`
    expect(editor.errors(code)).toEqual([])
  }, 60_000)

  it('names the step that was probably meant', () => {
    const [message, ...others] = editor.errors(`
      defineSequence({ start: 'welcome', steps: {
        welcome: send({ channel: 'email', template: 'welcome', next: 'overnite' }),
        overnight: exit(),
      } })`)
    expect(others).toEqual([])
    expect(message).toContain(`'"overnite"'`)
    expect(message).toContain(`Did you mean '"overnight"'?`)
  }, 60_000)

  it('names the template and the channel that was probably meant', () => {
    const [message] = editor.errors(`${templates}
      defineSequence({ templates, start: 'welcome', steps: {
        welcome: send({ channel: 'sms', template: 'welcome', next: 'done' }),
        done: exit(),
      } })`)
    expect(message).toContain(`'"sms: welcome"' is not assignable to type '"email: welcome" | "sms: nudge"'`)
  }, 60_000)

  it('names the attribute that was probably meant', () => {
    const [message] = editor.errors(`
      defineTemplates<{ firstName: string }>()({ hi: smsTemplate({ body: 'Hi {{firstNam}}' }) })`)
    expect(message).toContain(`Did you mean '"firstName"'?`)
  }, 60_000)

  it('offers the keys of a step', () => {
    const code = `defineSequence({ start: 'a', steps: { a: wait({ for: 'P1D', | }), b: exit() } })`
    expect(editor.offers(code)).toEqual(expect.arrayContaining(['until', 'next', 'past']))
  }, 60_000)
})
