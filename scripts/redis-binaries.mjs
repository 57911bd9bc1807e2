import { findProgram } from './distribution-package.mjs'

/**
 * The program of a Redis server (`redis-server` or `valkey-server`).
 * @returns {Promise<{ program: string, env: Record<string, string> }>} `env` is what the program needs around it
 */
export async function findRedis() {
  try {
    return await findProgram({ package: 'redis-server', programs: ['redis-server', 'valkey-server'] })
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
