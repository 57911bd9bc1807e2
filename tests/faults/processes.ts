import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { defineSequence, emailTemplate, exit, send, wait } from '@drumbeat/core'
import { engineAt, type Place, workspaceId } from './engine-process.js'

/** A new place for one test. */
export function newPlace(kind: Place['kind']): Place {
  const folder = mkdtempSync(join(tmpdir(), 'drumbeat-faults-'))
  const url = process.env.DRUMBEAT_TEST_DATABASE_URL ?? ''
  if (url === '') throw new Error('These tests need a PostgreSQL server. Run them with `npm test`, which provides one.')
  const schema = `faults_${process.pid}_${Date.now().toString(36)}`
  return { kind, dataDir: join(folder, 'data'), url, schema, log: join(folder, 'provider.log') }
}

/** Three mails, a second apart, to so many people. */
export async function setUp(place: Place, people: number): Promise<string> {
  const { drumbeat, close } = engineAt(place)
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
        pause: wait({ for: 'PT1S', next: 'two' }),
        two: send({ channel: 'email', template: 'mail', next: 'again' }),
        again: wait({ for: 'PT1S', next: 'three' }),
        three: send({ channel: 'email', template: 'mail', next: 'done' }),
        done: exit(),
      },
    }),
  })
  await workspace.campaigns.activate(id)
  await close()
  return id
}

/** An engine in a process of its own. */
export interface EngineProcess {
  readonly child: ChildProcess
  /** Resolves when it has printed this line; rejects when it ends without it. */
  says(line: 'ready' | 'done'): Promise<void>
  /** Ends it at once, and resolves when it has ended. */
  kill(): Promise<void>
}

/** Starts an engine in a process of its own. */
export function startEngine(place: Place): EngineProcess {
  const script = fileURLToPath(new URL('./engine-process.ts', import.meta.url))
  const args = ['--import', 'tsx', '--conditions=@drumbeat/source', script, JSON.stringify(place)]
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
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let isOver = false
  void ended.then(() => {
    isOver = true
    tell()
  })
  return {
    child,
    says: (line) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (said.has(line)) resolve()
          else if (isOver) reject(new Error(`The engine ended without saying "${line}".`))
          else return
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      }),
    kill() {
      child.kill('SIGKILL')
      return ended
    },
  }
}

/** The calls that the provider accepted, in order. */
export function acceptedCalls(place: Place): readonly { readonly deliveryRef: string; readonly at: number }[] {
  if (!existsSync(place.log)) return []
  return readFileSync(place.log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [deliveryRef = '', at = '0'] = line.split(' ')
      return { deliveryRef, at: Number(at) }
    })
}
