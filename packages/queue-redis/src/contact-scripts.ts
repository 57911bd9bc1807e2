import { scriptOf } from './script.js'

/** What a contact's key holds: a contact; that somebody is reading it from the source; that it was erased. */
export const marks = { contact: '=', reading: '?', erased: '-' } as const

/**
 * Looks contacts up, and marks those that are not there as being read from the source by the caller.
 *
 * KEYS contacts · ARGV: the caller's reading mark, for how many milliseconds it stands. Returns what was there, '' = now being read
 */
export const lookUpScript = scriptOf(`
local found = {}
for i, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  if not value then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    value = ''
  end
  found[i] = value
end
return found
`)

/**
 * Keeps what the caller has read, where its reading mark still stands. Where it does not, the contact may have changed since it was read.
 *
 * KEYS contacts · ARGV: the caller's reading mark, for how many milliseconds contacts are kept, then a contact for each key
 */
export const keepScript = scriptOf(`
local kept = 0
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then
    redis.call('SET', key, ARGV[i + 2], 'PX', ARGV[2])
    kept = kept + 1
  end
end
return kept
`)

/**
 * Forgets contacts, and reading marks with them. A server that is full lets a script that has deleted something write.
 *
 * KEYS contacts · ARGV: what is left in their place, '' = nothing; for how many milliseconds
 */
export const forgetScript = scriptOf(`
for _, key in ipairs(KEYS) do
  redis.call('DEL', key)
  if ARGV[1] ~= '' then redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
end
return redis.status_reply('OK')
`)
