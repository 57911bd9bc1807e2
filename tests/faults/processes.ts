import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { defineSequence, emailTemplate, exit, send, wait } from '@drumbeat/core'
import pg from 'pg'
import { engineAt, type Place, workspaceId } from './engine-process.js'

/** How many mails each person gets. */
export const mailsEach = 3

/** A new place for one test. */
export function newPlace(kind: Place['kind'], { untoldOneIn = 0 }: Partial<Pick<Place, 'untoldOneIn'>> = {}): Place {
  const url = process.env.DRUMBEAT_TEST_DATABASE_URL ?? ''
  if (url === '') throw new Error('These tests need a PostgreSQL server. Run them with `npm test`, which provides one.')
  const folder = mkdtempSync(join(tmpdir(), 'drumbeat-faults-'))
  return {
    kind,
    folder,
    dataDir: join(folder, 'data'),
    url,
    schema: `faults_${process.pid}_${Date.now().toString(36)}`,
    accepted: join(folder, 'accepted.log'),
    ambiguous: join(folder, 'ambiguous.log'),
    untoldOneIn,
  }
}

/** Removes everything that a test has left at a place. */
export async function leave({ kind, folder, url, schema }: Place): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  if (kind !== 'postgres') return
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`drop schema if exists ${schema} cascade`)
  await client.end()
}

/** Three mails, half a second apart, to so many people. Returns the id of the campaign, which is active. */
export async function setUp(place: Place, people: number): Promise<string> {
  const { drumbeat, store, close } = engineAt(place)
  try {
    await store.open()
    const workspace = drumbeat.workspace(workspaceId)
    const mail = emailTemplate({ subject: 'Hello', html: '<p>Hi</p><a href="{{unsubscribeUrl}}">Unsubscribe</a>' })
    await workspace.templates.publish('mail', mail)
    const contacts = Array.from({ length: people }, (_, index) => ({
      id: `c${index}`,
      addresses: { email: `c${index}@example.com` },
    }))
    await workspace.contacts.import(contacts)
    const { id } = await workspace.campaigns.create({
      name: 'Three mails',
      sequence: defineSequence({
        start: 'one',
        steps: {
          one: send({ channel: 'email', template: 'mail', next: 'pause' }),
          pause: wait({ for: 'PT0.5S', next: 'two' }),
          two: send({ channel: 'email', template: 'mail', next: 'again' }),
          again: wait({ for: 'PT0.5S', next: 'three' }),
          three: send({ channel: 'email', template: 'mail', next: 'done' }),
          done: exit(),
        },
      }),
    })
    await workspace.campaigns.activate(id)
    return id
  } finally {
    await close()
  }
}

/** An engine in a process of its own. */
export interface EngineProcess {
  /** Resolves when it has printed this line; rejects when it ends without it, or takes too long. */
  readonly says: (line: 'ready' | 'done', withinMs?: number) => Promise<void>
  readonly hasSaid: (line: 'ready' | 'done') => boolean
  /** Ends it at once, and resolves when it has ended. */
  readonly kill: () => Promise<void>
}

/** Starts an engine in a process of its own. */
export function startEngine(place: Place): EngineProcess {
  return startProcess('./engine-process.ts', place)
}

/** Starts a script of this folder, and hands it what it works on. */
export function startProcess(name: string, given: object): EngineProcess {
  const script = fileURLToPath(new URL(name, import.meta.url))
  const args = ['--import', 'tsx', '--conditions=@drumbeat/source', script, JSON.stringify(given)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = new Set<string>()
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.add(line)
    tell()
  })
  let isOver = false
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      isOver = true
      tell()
      resolve()
    })
  })
  return {
    hasSaid: (line) => said.has(line),
    says: (line, withinMs = 60_000) =>
      new Promise((resolve, reject) => {
        const settle = (done: () => void): void => {
          listeners.delete(look)
          clearTimeout(timer)
          done()
        }
        const look = (): void => {
          if (said.has(line)) settle(resolve)
          else if (isOver) settle(() => reject(new Error(`The engine ended without saying "${line}".`)))
        }
        const timer = setTimeout(
          () => settle(() => reject(new Error(`The engine has not said "${line}" within ${withinMs} ms.`))),
          withinMs,
        )
        listeners.add(look)
        look()
      }),
    kill() {
      child.kill('SIGKILL')
      return ended
    },
  }
}

/** A call that the provider accepted. */
export interface AcceptedCall {
  readonly deliveryRef: string
  readonly idempotencyKey: string
  /** When it began. */
  readonly at: number
}

/** The calls that the provider accepted, in order. */
export function acceptedCalls({ accepted }: Place): readonly AcceptedCall[] {
  return linesOf(accepted).map((line) => {
    const [deliveryRef = '', idempotencyKey = '', at = '0'] = line.split(' ')
    return { deliveryRef, idempotencyKey, at: Number(at) }
  })
}

/** The ids of the deliveries whose outcome was unknown for a while. */
export function ambiguousDeliveries({ ambiguous }: Place): ReadonlySet<number> {
  return new Set(linesOf(ambiguous).map(Number))
}

/** Lets time pass. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function linesOf(file: string): readonly string[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}
