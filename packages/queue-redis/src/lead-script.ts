/**
 * Takes, renews or gives up the lead, unless another engine has it.
 *
 * KEYS[1] lead · ARGV: engine id, for how many milliseconds; 0 = given up
 */
export const leadScript = `
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return 0 end
if tonumber(ARGV[2]) <= 0 then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`
