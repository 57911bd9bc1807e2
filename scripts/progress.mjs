/**
 * Says every few seconds, in plain lines that a log can hold too, that something slow is still going on.
 * @returns a function that ends it
 */
export function everyFewSeconds(/** @type {string} */ what) {
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1000)
  console.log(`${what} …`)
  const timer = setInterval(() => console.log(`${what} … ${seconds()} s`), 3000)
  return () => {
    clearInterval(timer)
    console.log(`${what}: done in ${seconds()} s`)
  }
}
