const width = 30

/** Shows how far the virtual clock has come: a bar that moves on a terminal, a line per day anywhere else. */
export class Progress {
  private shown = -1

  constructor(
    private readonly from: number,
    private readonly until: number,
    private readonly out: NodeJS.WriteStream,
  ) {}

  /** False = it shows that already. */
  show(now: number, note: string): boolean {
    const part = Math.min(1, (now - this.from) / (this.until - this.from))
    const step = Math.floor(part * (this.out.isTTY ? 200 : 14))
    if (step === this.shown) return false
    this.shown = step
    const full = Math.round(part * width)
    const line = `${'█'.repeat(full)}${'░'.repeat(width - full)} ${new Date(now).toISOString().slice(0, 10)}  ${note}`
    this.out.write(this.out.isTTY ? `\r${line}\u001b[K` : `${line}\n`)
    return true
  }

  done(): void {
    if (this.out.isTTY && this.shown >= 0) this.out.write('\n')
  }
}
