import { execFileSync } from 'node:child_process'

/**
 * Whom to run PostgreSQL as: it refuses to run as root. Root (in a container, say) lends it an account that every Unix
 * has; anyone else runs it as themselves.
 * @returns {{ uid: number, gid: number } | undefined}
 */
export function ordinaryUser() {
  if (process.getuid?.() !== 0) return undefined
  const id = (/** @type {string} */ flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
