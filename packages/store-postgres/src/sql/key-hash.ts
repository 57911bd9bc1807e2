/** Half of the hash that a key of a workspace is kept as: two halves are 128 bits, which no two keys share. Both are SQL. */
export const keyHash = (workspace: string, key: string, half: 0 | 1): string =>
  `hashtextextended(${workspace} || chr(1) || ${key}, ${half})`
