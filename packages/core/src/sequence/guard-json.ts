import { type Issue, SequenceInvalidError } from '../errors.js'
import type { JsonValue } from '../json.js'

/** How large a piece of JSON may be. */
export interface JsonLimits {
  /** Levels of nesting; `[]` has one. Default 32. */
  readonly maxDepth?: number
  /** Values, containers and scalars alike. Default 20,000. */
  readonly maxNodes?: number
  /** Bytes of all keys and scalars in UTF-8. Default 262,144. */
  readonly maxBytes?: number
}

const defaults: Required<JsonLimits> = { maxDepth: 32, maxNodes: 20_000, maxBytes: 256 * 1024 }

const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

type Path = readonly (string | number)[]
type Container = Record<string, unknown> | unknown[]

/** A container that is being copied: how far it has got. */
interface Frame {
  readonly source: Container
  readonly keys: readonly string[] | null
  readonly copy: Record<string, JsonValue> | JsonValue[]
  readonly size: number
  next: number
}

/**
 * Checks input from outside before anything recurses into it, and returns a copy made of nothing but plain JSON. Iterative, and it stops
 * at the first thing it refuses or as soon as a limit is passed. Members that are `undefined` are left out, as JSON does.
 * @throws {SequenceInvalidError} with one issue when the input is not JSON (functions, dates, `NaN`, cycles), is larger than the
 *   limits, has a key `__proto__`, `constructor` or `prototype` at any depth, or text with NUL or half a surrogate pair.
 */
export function guardJson(input: unknown, limits: JsonLimits = {}): JsonValue {
  return new Guard({ ...defaults, ...limits }).copy(input)
}

class Guard {
  private readonly frames: Frame[] = []
  /** The containers that the current one stands in: to meet one again is a cycle. */
  private readonly ancestors = new Set<object>()
  private nodes = 0
  private bytes = 0

  constructor(private readonly limits: Required<JsonLimits>) {}

  copy(input: unknown): JsonValue {
    const root = this.enter(input)
    for (let frame = this.frames.at(-1); frame !== undefined; frame = this.frames.at(-1)) {
      if (frame.next >= frame.size) {
        this.ancestors.delete(frame.source)
        this.frames.pop()
        continue
      }
      const index = frame.next++
      if (frame.keys === null) {
        ;(frame.copy as JsonValue[]).push(this.enter((frame.source as unknown[])[index]))
        continue
      }
      const key = frame.keys[index] as string
      const value = (frame.source as Record<string, unknown>)[key]
      if (value === undefined) continue
      if (forbiddenKeys.has(key)) this.refuse('forbidden_key', `the key ${key} is not allowed`, 'Rename the key.')
      this.checkText(key)
      ;(frame.copy as Record<string, JsonValue>)[key] = this.enter(value)
    }
    return root
  }

  /** Copies a scalar; opens a frame for a container. */
  private enter(value: unknown): JsonValue {
    this.nodes++
    if (this.nodes > this.limits.maxNodes) this.refuseSize(`it has more than ${this.limits.maxNodes} values`)
    switch (typeof value) {
      case 'string':
        this.checkText(value)
        return value
      case 'number':
        if (!Number.isFinite(value))
          this.refuse('not_json', `${value} is not a number in JSON`, 'Give a finite number.')
        this.count(8)
        return value + 0
      case 'boolean':
        return value
      case 'object':
        return value === null ? null : this.open(value)
      default:
        return this.refuse(
          'not_json',
          `a value of type ${typeof value} is not JSON`,
          'Give text, a number, true, false, null, a list or an object.',
        )
    }
  }

  private open(value: object): JsonValue {
    if (this.ancestors.has(value)) this.refuse('cyclic', 'it contains itself', 'Break the cycle: JSON is a tree.')
    if (this.frames.length >= this.limits.maxDepth) {
      this.refuseSize(`it is nested deeper than ${this.limits.maxDepth} levels`)
    }
    const list = Array.isArray(value)
    if (!list && !isPlain(value)) {
      this.refuse(
        'not_json',
        'an instance of a class is not JSON',
        'Give a plain object; write dates as ISO-8601 text.',
      )
    }
    const keys = list ? null : Object.keys(value)
    const size = list ? value.length : (keys?.length ?? 0)
    if (this.nodes + size > this.limits.maxNodes) this.refuseSize(`it has more than ${this.limits.maxNodes} values`)
    const copy = list ? [] : {}
    this.ancestors.add(value)
    this.frames.push({ source: value as Container, keys, copy, size, next: 0 })
    return copy
  }

  private checkText(text: string): void {
    this.count(text.length)
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      if (unit === 0) this.refuse('bad_text', 'a text contains the character NUL', 'Take the NUL out of the text.')
      if (unit >= 0x80) this.count(unit < 0x800 ? 1 : 2)
      if (unit < 0xd800 || unit > 0xdfff) continue
      const low = text.charCodeAt(index + 1)
      if (unit > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) {
        this.refuse('bad_text', 'a text contains half of a surrogate pair', 'Give text that is valid Unicode.')
      }
      index++
    }
  }

  private count(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > this.limits.maxBytes) this.refuseSize(`it has more than ${this.limits.maxBytes} bytes`)
  }

  private refuseSize(problem: string): never {
    return this.refuse('too_large', problem, 'Send less at once, or split it.')
  }

  private refuse(code: string, problem: string, fix: string): never {
    const path = this.path()
    const place = path.length === 0 ? 'The input' : `The input at ${path.join('.').slice(0, 200)}`
    const issue: Issue = { code, path, severity: 'error', message: `${place} is refused: ${problem}.`, fix }
    throw new SequenceInvalidError(`${issue.message} ${fix}`, [issue])
  }

  private path(): Path {
    return this.frames.flatMap(({ keys, next }) =>
      next === 0 ? [] : [keys === null ? next - 1 : (keys[next - 1] ?? '')],
    )
  }
}

/** True for object literals and what `JSON.parse` gives, also of another realm, and for objects without a prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
