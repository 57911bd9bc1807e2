import fc from 'fast-check'
import type { Subject } from './subject.js'

/** Something that a store is asked to do, the same for both stores. */
export class Command {
  constructor(
    readonly name: string,
    private readonly args: unknown,
    /** Does it and returns what the store answered, comparable between stores. */
    readonly perform: (subject: Subject) => Promise<unknown>,
  ) {}

  /** How a counterexample shows it. */
  [fc.toStringMethod](): string {
    return `${this.name}(${JSON.stringify(this.args)})`
  }
}

/** A kind of command: what it chooses at random, and what it then does. */
export function command<Args>(
  name: string,
  args: fc.Arbitrary<Args>,
  perform: (subject: Subject, args: Args) => Promise<unknown>,
): fc.Arbitrary<Command> {
  return args.map((chosen) => new Command(name, chosen, (subject) => perform(subject, chosen)))
}

/** One of a few. */
export function among<Value>(values: readonly Value[]): fc.Arbitrary<Value> {
  return fc.constantFrom(...values)
}

/** Whole numbers from 0 to `most`. */
export function upTo(most: number): fc.Arbitrary<number> {
  return fc.nat({ max: most })
}
