import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The file of a process of the measurements, which lies beside the one that runs: built, as that is. */
export function programOf(name: string): string {
  return fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url))
}
