import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const domain = [
  'sequence',
  'schedule',
  'campaign',
  'contact',
  'recipient',
  'delivery',
  'message',
  'experiment',
  'outbox',
]
const simple = ['json', 'errors']

interface Import {
  readonly from: string
  readonly typeOnly: boolean
}

interface SourceFile {
  /** From the root of the repository. */
  readonly path: string
  /** `core`, `store-memory`, …; `examples` and `tests` by their own names. */
  readonly home: string
  /** The folder in `src`, such as `engine`; the file's name without its ending for files right in it. */
  readonly folder: string
  /** Without comments. */
  readonly code: string
  readonly imports: readonly Import[]
}

const files = [...sourcesOf('packages'), ...sourcesOf('examples')]
const core = files.filter(({ home }) => home === 'core')
const inDomain = core.filter(({ folder }) => domain.includes(folder))

function sourcesOf(folder: string): readonly SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter(
      (path) => /\/src\/.*\.tsx?$/.test(path) && !/node_modules|\/dist\/|\.test(-d)?\.tsx?$|test-builders/.test(path),
    )
    .map(read)
}

function read(path: string): SourceFile {
  const code = withoutComments(readFileSync(join(root, path), 'utf8'))
  const [, home = '', folder = ''] = /^[^/]+\/([^/]+)\/src\/([^/]+?)(?:\.tsx?$|\/)/.exec(path) ?? []
  const found = code.matchAll(
    /(?:^|\n)\s*(import|export)\s(type\s)?[^;'"]*?from\s+'([^']+)'|(?:^|\n)import\s+'([^']+)'|import\(\s*'([^']+)'/g,
  )
  const imports = [...found].map(([, , type, named, bare, dynamic]) => ({
    from: resolved(path, named ?? bare ?? dynamic ?? ''),
    typeOnly: type !== undefined,
  }))
  return { path, home: path.startsWith('examples/') ? 'examples' : home, folder, code, imports }
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** A relative import as the folder within its package that it leads to: `./engine/load.js` is `src/engine`. */
function resolved(path: string, from: string): string {
  if (!from.startsWith('.')) return from
  const target = relative(root, join(root, dirname(path), from))
  return /^[^/]+\/[^/]+\/(src\/[^/]+?)(?:\.js)?(?:\/|$)/.exec(target)?.[1] ?? target
}

/** Sentences for the files that import what they must not. */
function wrongImports(
  of: readonly SourceFile[],
  isWrong: (from: string, file: SourceFile, typeOnly: boolean) => boolean,
  because: string,
): readonly string[] {
  return of.flatMap((file) =>
    file.imports
      .filter(({ from, typeOnly }) => isWrong(from, file, typeOnly))
      .map(({ from }) => `${file.path} imports ${from}; ${because}`),
  )
}

/** Sentences for the files whose code contains what it must not. */
function wrongCode(of: readonly SourceFile[], pattern: RegExp, because: string): readonly string[] {
  return of.flatMap(({ path, code }) => {
    const [found] = pattern.exec(code) ?? []
    return found === undefined ? [] : [`${path} contains "${found}"; ${because}`]
  })
}

it('reads the sources and their imports', () => {
  expect(core.length).toBeGreaterThan(100)
  expect(inDomain.length).toBeGreaterThan(60)
  const transition = core.find(({ path }) => path.endsWith('recipient/transition.ts'))
  const release = core.find(({ path }) => path.endsWith('recipient/release-deliveries.ts'))
  expect(release?.imports).toContainEqual({ from: 'src/delivery', typeOnly: false })
  expect(transition?.imports).toContainEqual({ from: 'src/schedule', typeOnly: true })
})

it('keeps the domain pure: no waiting, no clock, no chance, no timers, no environment', () => {
  const because = 'the domain is pure: time, ids and chance arrive as arguments.'
  expect(wrongCode(inDomain, /\basync\b|\bawait\b|new Promise\b/, because)).toEqual([])
  expect(wrongCode(inDomain, /Date\.now\(|new Date\(\s*\)|performance\.now/, because)).toEqual([])
  expect(wrongCode(inDomain, /Math\.random|crypto\.(randomUUID|getRandomValues)/, because)).toEqual([])
  expect(wrongCode(inDomain, /\bset(Timeout|Interval|Immediate)\b|\bfetch\(|\bprocess\./, because)).toEqual([])
})

it('keeps the direction testing → engine → ports → domain', () => {
  const above = (folder: string): string => `src/${folder}`
  const among = (...folders: readonly string[]) => {
    const paths = folders.map(above)
    return (from: string): boolean => paths.includes(from)
  }
  expect(
    wrongImports(
      inDomain,
      among('ports', 'engine', 'sandbox', 'testing', 'index'),
      'the domain knows nothing above it.',
    ),
  ).toEqual([])
  const ports = core.filter(({ folder }) => folder === 'ports')
  const fromDomain = among(...domain, ...simple, 'ports')
  expect(wrongImports(ports, (from) => !fromDomain(from), 'ports know the domain and nothing else.')).toEqual([])
  const engine = core.filter(({ folder }) => folder === 'engine')
  expect(wrongImports(engine, among('testing', 'sandbox', 'index'), 'the engine knows ports and the domain.')).toEqual(
    [],
  )
  const sandbox = core.filter(({ folder }) => folder === 'sandbox')
  expect(wrongImports(sandbox, among('testing', 'index'), 'the sandbox is part of the product.')).toEqual([])
})

it('gives ports types to import, not code', () => {
  const ports = core.filter(({ folder }) => folder === 'ports')
  const isCode = (from: string, _file: SourceFile, typeOnly: boolean): boolean => from !== 'src/ports' && !typeOnly
  expect(wrongImports(ports, isCode, 'ports import types only.')).toEqual([])
  const technology =
    /\b(pg|postgres\w*|sql\w*|redis|ioredis|bullmq|express|axios|undici|IncomingMessage|ServerResponse)\b/i
  expect(wrongCode(ports, technology, 'ports never name a technology.')).toEqual([])
})

it('keeps each library in the one place that needs it', () => {
  const places: { readonly [library: string]: readonly string[] } = {
    luxon: ['schedule'],
    mustache: ['message'],
    '@noble/hashes': ['message'],
    zod: ['sequence'],
    eventemitter3: ['engine'],
    vitest: ['testing'],
    'fast-check': ['testing'],
  }
  const libraryOf = (from: string): string => /^(@[^/]+\/[^/]+|[^/@]+)/.exec(from)?.[1] ?? from
  const isOutside = (from: string, { folder }: SourceFile): boolean =>
    !from.startsWith('src/') && places[libraryOf(from)]?.includes(folder) !== true
  expect(
    wrongImports(core, isOutside, 'it is not the folder for that library, or the library is not one of core’s.'),
  ).toEqual([])
})

it('lets core run in a browser: nothing of Node outside its tests', () => {
  const because = 'core runs in the browser too.'
  expect(wrongImports(core, (from) => from.startsWith('node:'), because)).toEqual([])
  const product = core.filter(({ folder }) => folder !== 'testing')
  expect(wrongCode(product, /\b(Buffer|__dirname|require)\b[.(]|\bprocess\./, because)).toEqual([])
})

it('lets adapters know core, and never each other', () => {
  const adapters = files.filter(({ home }) => /^(store|queue|channel)-/.test(home))
  const isOther = (from: string): boolean =>
    from.startsWith('@drumbeat/') && !/^@drumbeat\/core(\/testing)?$/.test(from)
  expect(wrongImports(adapters, isOther, 'adapters know core only.')).toEqual([])
  const hosts = files.filter(({ home }) => !['simulate', 'examples'].includes(home))
  const isMemory = (from: string): boolean => from === '@drumbeat/store-memory'
  expect(wrongImports(hosts, isMemory, 'only simulate and examples choose a store.')).toEqual([])
})

it('imports packages by their names, and never through their insides', () => {
  const because = 'a package is used through what it exports.'
  expect(wrongImports(files, (from) => /^(packages|examples)\//.test(from), because)).toEqual([])
  expect(wrongImports(files, (from) => /^@drumbeat\/[^/]+\/(?!testing$)/.test(from), because)).toEqual([])
})

it('reads no environment in any package', () => {
  const packages = files.filter(({ home, folder }) => home !== 'examples' && folder !== 'testing')
  expect(wrongCode(packages, /process\.env/, 'secrets and settings come from the host.')).toEqual([])
})

it('names files after what they hold, in words that say something', () => {
  const empty = files.filter(({ path }) =>
    /(^|[/-])(utils?|helpers?|managers?|services?|misc|common)([.-]|$)/i.test(path.replace(/^.*\/src\//, '')),
  )
  expect(empty.map(({ path }) => `${path} has a name that says nothing; name the one idea it holds.`)).toEqual([])
})
