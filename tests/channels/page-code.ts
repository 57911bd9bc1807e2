import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The pieces of TypeScript on a page, by its path from the root, in their order. */
export function codeOf(page: string): readonly string[] {
  const text = readFileSync(root + page, 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? '')
}

/** What the compiler says of modules, by their names, as if they stood in this folder. */
export function problemsOf(modules: { readonly [name: string]: string }): readonly string[] {
  const files = new Map(Object.entries(modules).map(([name, code]) => [`${root}tests/channels/${name}`, code]))
  const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path) ?? readFile(path)
  const program = ts.createProgram([...files.keys()], options, host)
  return [...files.keys()].flatMap((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => `${path.replace(root, '')}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  )
}
