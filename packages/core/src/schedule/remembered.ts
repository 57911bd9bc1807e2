const mostRemembered = 1_000

/**
 * The same reading of a text, done once for each: sequences name the same few durations and times for everybody. What throws is not
 * remembered. What is read must not be changed by whoever gets it.
 */
export function remembered<Value>(read: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const value = read(text)
    if (known.size >= mostRemembered) known.clear()
    known.set(text, value)
    return value
  }
}
