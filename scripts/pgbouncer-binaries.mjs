import { findProgram } from './distribution-package.mjs'

/**
 * The program of PgBouncer: the one that DRUMBEAT_PGBOUNCER names, an installed one, or the distribution's.
 * @returns {Promise<{ program: string, env: Record<string, string> }>} `env` is what the program needs around it
 */
export async function findPgbouncer() {
  const given = process.env.DRUMBEAT_PGBOUNCER
  if (given) return { program: given, env: {} }
  try {
    return await findProgram({ package: 'pgbouncer', programs: ['pgbouncer'] })
  } catch (cause) {
    const command = process.platform === 'darwin' ? 'brew install pgbouncer' : 'sudo apt-get install pgbouncer'
    throw new Error(
      `These tests need PgBouncer. None is installed, and the distribution's package could not be had (${
        cause instanceof Error ? cause.message.trim() : cause
      }). Run \`${command}\`, or set DRUMBEAT_PGBOUNCER to its program.`,
      { cause },
    )
  }
}
