import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { ConflictError } from '@drumbeat/core'

/** What gives the directory back. */
export type Unlock = () => Promise<void>

/**
 * Holds a directory for this process alone, and creates it if it is not there. Two processes in one PGlite directory lose
 * acknowledged writes without an error. The kernel gives the lock back when the process dies, however it dies.
 * @throws {ConflictError} of kind `store_locked` while another process, or another store of this one, holds it.
 */
export async function lockDirectory(directory: string, platform: string = process.platform): Promise<Unlock> {
  await mkdir(directory, { recursive: true })
  const path = await realpath(directory)
  const name = `drumbeat-${createHash('sha256').update(path).digest('hex').slice(0, 40)}`
  // Linux names sockets without a file (their name begins with NUL), Windows names pipes. Elsewhere a file has to do.
  if (platform === 'linux') return listen(`\0${name}`, path)
  if (platform === 'win32') return listen(`\\\\.\\pipe\\${name}`, path)
  return lockFile(`${path}.lock`, path)
}

function listen(address: string, directory: string): Promise<Unlock> {
  // Whoever connects learns nothing: that somebody listens is the whole message.
  const server = createServer((socket) => socket.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' || error.code === 'EACCES' ? locked(directory, error) : error)
    })
    // `exclusive`: the workers of a cluster would otherwise share what one of them holds.
    server.listen({ path: address, exclusive: true }, () => {
      server.unref()
      resolve(() => new Promise((done) => server.close(() => done())))
    })
  })
}

/** A file that names its holder by process and time of start, so that a process with the same number is not taken for it. */
async function lockFile(path: string, directory: string): Promise<Unlock> {
  const mine = await holderOf(process.pid)
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, mine)
  try {
    while (!(await linked(draft, path))) await removeAbandoned(path, directory)
  } finally {
    await rm(draft, { force: true })
  }
  return async () => {
    if ((await contentOf(path)) === mine) await rm(path, { force: true })
  }
}

/** A link appears whole or not at all, and never over another. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves the file of a dead process away. Another process may do the same at this moment: what was moved is looked at again. */
async function removeAbandoned(path: string, directory: string): Promise<void> {
  const found = await contentOf(path)
  if (found === null) return
  if (await isAlive(found)) throw locked(directory)
  const aside = `${path}.${randomUUID()}`
  await rename(path, aside).catch(() => undefined)
  const moved = await contentOf(aside)
  const isAnothers = moved !== null && moved !== found
  if (isAnothers) await linked(aside, path)
  await rm(aside, { force: true })
  if (isAnothers) throw locked(directory)
}

async function isAlive(holder: string): Promise<boolean> {
  const pid = Number(holder.split(' ', 1)[0])
  return Number.isInteger(pid) && (await holderOf(pid).catch(() => null)) === holder
}

async function holderOf(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])
  return `${pid} ${stdout.trim()}`
}

async function contentOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}

function locked(directory: string, cause?: unknown): ConflictError {
  return new ConflictError(
    `The database in "${directory}" is open in another process, or in another store of this one. Close it there first: two ` +
      'that write to one directory would destroy it.',
    { kind: 'store_locked', cause },
  )
}
