import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const call = promisify(execFile)

/** Where system programs lie that are not on everybody's path. */
const systemFolders = ['/usr/sbin', '/usr/local/sbin', '/sbin']

/**
 * A server's program: of one installed on this machine, else of the distribution's package. Root installs it; anyone else unpacks
 * it into a cache folder, which needs no rights.
 * @param {{ package: string, programs: string[] }} wanted the package, and the names that its program may have
 * @returns {Promise<{ program: string, env: Record<string, string> }>} `env` is what the program needs around it
 */
export async function findProgram({ package: name, programs }) {
  const installed = onPath(programs)
  if (installed) return installed
  return process.getuid?.() === 0 ? await install(name, programs) : await unpack(name, programs)
}

function onPath(/** @type {string[]} */ programs) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...systemFolders]
  const program = programs.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
  return program === undefined ? undefined : { program, env: {} }
}

async function install(/** @type {string} */ name, /** @type {string[]} */ programs) {
  // No service is to be started: the tests run a server of their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const arguments_ = ['install', '-y', '-q', '-o', 'DPkg::Lock::Timeout=120', '--no-install-recommends', name]
  await call('apt-get', arguments_, { env }).catch(async () => {
    await call('apt-get', ['update', '-q'], { env })
    await call('apt-get', arguments_, { env })
  })
  const installed = onPath(programs)
  if (installed === undefined) throw new Error(`the package ${name} brought no program of that name`)
  return installed
}

/** Kept for the next run, as one folder that is there whole or not at all. */
async function unpack(/** @type {string} */ name, /** @type {string[]} */ programs) {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'drumbeat')
  const kept = join(cache, name)
  if (!existsSync(kept)) {
    mkdirSync(cache, { recursive: true })
    const folder = mkdtempSync(join(cache, 'unpacking-'))
    try {
      await download(name, folder)
      // Another run may have been faster; what it left is as good.
      if (!existsSync(kept)) renameSync(join(folder, 'root'), kept)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const program = ['usr/bin', 'usr/sbin']
    .flatMap((folder) => programs.map((one) => join(kept, folder, one)))
    .find(isExecutable)
  if (program === undefined) throw new Error(`the package ${name} brought no program of that name`)
  const libraries = [join(kept, 'usr/lib'), join(kept, 'lib')].flatMap((folder) =>
    existsSync(folder) ? [folder, ...readdirSync(folder).map((one) => join(folder, one))] : [],
  )
  return { program, env: { LD_LIBRARY_PATH: libraries.join(':') } }
}

/** The package and those of its libraries that are not installed, from lists of our own: the system's may be empty. */
async function download(/** @type {string} */ name, /** @type {string} */ folder) {
  for (const one of ['lists/partial', 'archives/partial', 'root']) mkdirSync(join(folder, one), { recursive: true })
  const own = ['-o', `Dir::State::Lists=${folder}/lists`, '-o', `Dir::Cache=${folder}`, '-o', 'Debug::NoLocking=1']
  await call('apt-get', [...own, 'update', '-q'])
  const plan = await call('apt-get', [...own, 'install', '--simulate', '--no-install-recommends', name])
  const names = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, one = '']) => one)
  await call('apt-get', [...own, 'download', ...names], { cwd: folder })
  for (const file of readdirSync(folder).filter((one) => one.endsWith('.deb')))
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
