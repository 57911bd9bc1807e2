import type { Param } from '../connection/connection.js'

/** The parameters of a statement that is being written: text of the statement never holds a value. */
export class Parameters {
  readonly values: Param[] = []

  /** `first` is the number of the first one that is added. */
  constructor(private readonly first = 1) {}

  /** Adds a value; returns how the statement names it. */
  add(value: Param): string {
    this.values.push(value)
    return `$${this.first + this.values.length - 1}`
  }
}
