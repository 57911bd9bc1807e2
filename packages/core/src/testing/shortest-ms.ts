/**
 * How long the work takes, in milliseconds: the shortest of five times. A busy machine makes some of them longer, and none shorter.
 */
export function shortestMs(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now()
    work()
    return performance.now() - begun
  })
  return Math.min(...times)
}
