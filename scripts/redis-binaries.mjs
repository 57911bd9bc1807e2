import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const call = promisify(execFile)

/**
 * The program of a Redis server: of one installed on this machine (`redis-server` or `valkey-server`), else of the
 * distribution's package. Root installs it; anyone else unpacks it into a cache folder, which needs no rights.
 * @returns {Promise<{ program: string, env: Record<string, string> }>} `env` is what the program needs around it
 */
export async function findRedis() {
  const installed = onPath()
  if (installed) return installed
  try {
    return process.getuid?.() === 0 ? await install() : await unpack()
  } catch (cause) {
    const command = process.platform === 'darwin' ? 'brew install redis' : 'sudo apt-get install redis-server'
    throw new Error(
      `The tests need a Redis server. None is installed, and the distribution's package could not be had (${
        cause instanceof Error ? cause.message.trim() : cause
      }). Run \`${command}\`, or set DRUMBEAT_TEST_REDIS_URL to a server the tests may use.`,
      { cause },
    )
  }
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const programs = ['redis-server', 'valkey-server'].flatMap((name) => folders.map((folder) => join(folder, name)))
  const program = programs.find(isExecutable)
  return program === undefined ? undefined : { program, env: {} }
}

async function install() {
  // No service is to be started: the tests run a server of their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const arguments_ = ['install', '-y', '-q', '-o', 'DPkg::Lock::Timeout=120', '--no-install-recommends', 'redis-server']
  await call('apt-get', arguments_, { env }).catch(async () => {
    await call('apt-get', ['update', '-q'], { env })
    await call('apt-get', arguments_, { env })
  })
  const installed = onPath()
  if (installed === undefined) throw new Error('the package redis-server brought no program of that name')
  return installed
}

/** Kept for the next run, as one folder that is there whole or not at all. */
async function unpack() {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'drumbeat')
  const kept = join(cache, 'redis')
  if (!existsSync(kept)) {
    mkdirSync(cache, { recursive: true })
    const folder = mkdtempSync(join(cache, 'unpacking-'))
    try {
      await download(folder)
      // Another run may have been faster; what it left is as good.
      if (!existsSync(kept)) renameSync(join(folder, 'root'), kept)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const libraries = [join(kept, 'usr/lib'), join(kept, 'lib')].flatMap((folder) =>
    existsSync(folder) ? [folder, ...readdirSync(folder).map((name) => join(folder, name))] : [],
  )
  return { program: join(kept, 'usr/bin/redis-server'), env: { LD_LIBRARY_PATH: libraries.join(':') } }
}

/** The package and those of its libraries that are not installed, from lists of our own: the system's may be empty. */
async function download(/** @type {string} */ folder) {
  for (const name of ['lists/partial', 'archives/partial', 'root']) mkdirSync(join(folder, name), { recursive: true })
  const own = ['-o', `Dir::State::Lists=${folder}/lists`, '-o', `Dir::Cache=${folder}`, '-o', 'Debug::NoLocking=1']
  await call('apt-get', [...own, 'update', '-q'])
  const plan = await call('apt-get', [...own, 'install', '--simulate', '--no-install-recommends', 'redis-server'])
  const names = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name)
  await call('apt-get', [...own, 'download', ...names], { cwd: folder })
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb')))
    await call('dpkg-deb', ['-x', join(folder, file), join(folder, 'root')])
}

function isExecutable(/** @type {string} */ file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
