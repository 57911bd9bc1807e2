/** What has been written since the last commit, as the steps that take it back. */
export class Journal {
  private readonly steps: (() => void)[] = []

  note(undo: () => void): void {
    this.steps.push(undo)
  }

  /** Runs work whose writes stand or fall together; when it throws they are taken back, and the error goes on. */
  together<Result>(work: () => Result): Result {
    const begin = this.steps.length
    try {
      return work()
    } catch (error) {
      this.rollBack(begin)
      throw error
    }
  }

  /** Takes back what was written since `begin`, the last first. */
  rollBack(begin = 0): void {
    for (const undo of this.steps.splice(begin).reverse()) undo()
  }

  /** From here on nothing of it can be taken back. */
  commit(): void {
    this.steps.length = 0
  }
}
