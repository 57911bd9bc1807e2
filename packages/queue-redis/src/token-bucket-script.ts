import { scriptOf } from './script.js'

/**
 * The token bucket of one account and sender, as core's in-process limiter keeps it, in one atomic step. A full bucket is no key at all,
 * so what is not in use takes no memory. Numbers go as text: Redis cuts the fraction off Lua numbers.
 *
 * KEYS[1] bucket · ARGV: units wanted (negative = given back), atLeast, rate.units, rate.perMs, burst, the caller's now or ''
 */
export const tokenBucketScript = scriptOf(`
local burst = tonumber(ARGV[5])
local perMs = tonumber(ARGV[3]) / tonumber(ARGV[4])
local now = tonumber(ARGV[6])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
end
local units, atLeast = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens, at = burst, now
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
if known[1] then
  local before = tonumber(known[2])
  tokens = math.min(burst, tonumber(known[1]) + math.max(0, now - before) * perMs)
  at = math.max(before, now)
end
local granted, retryAfterMs = 0, 0
if units < 0 then
  tokens = math.min(burst, tokens - units)
else
  local needed = math.min(atLeast, burst) - 1e-6
  if tokens < needed then
    retryAfterMs = math.max(1, math.ceil((needed - tokens) / perMs))
  else
    granted = math.min(units, math.max(atLeast, math.floor(tokens + 1e-6)))
    tokens = tokens - granted
  end
end
if tokens >= burst then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'at', string.format('%.17g', at))
  redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / perMs) + 60000)
end
return { granted, retryAfterMs }
`)
