/** Wakes this process's own engine, if it rests: what was just committed need not wait for it to look by itself. */
export class WakeUp {
  private listener: (() => void) | null = null

  /** There is something to do. */
  call(): void {
    this.listener?.()
  }

  /** The engine that is woken. */
  listen(listener: () => void): void {
    this.listener = listener
  }
}
