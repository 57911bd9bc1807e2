/** What falls due, and when. */
export interface HeapEntry {
  readonly dueAt: number
  readonly id: number
}

/** A binary heap: the entry that is due first on top, the older id first among equals. */
export class DueHeap {
  private readonly entries: HeapEntry[] = []

  peek(): HeapEntry | undefined {
    return this.entries[0]
  }

  push(entry: HeapEntry): void {
    let index = this.entries.length
    this.entries.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.isBefore(index, parent)) return
      this.swap(index, parent)
      index = parent
    }
  }

  pop(): HeapEntry | undefined {
    const top = this.entries[0]
    const last = this.entries.pop()
    if (last === undefined || this.entries.length === 0) return top
    this.entries[0] = last
    let index = 0
    for (;;) {
      const child = this.firstChild(index)
      if (child === null || !this.isBefore(child, index)) return top
      this.swap(index, child)
      index = child
    }
  }

  private firstChild(index: number): number | null {
    const left = 2 * index + 1
    if (left >= this.entries.length) return null
    return left + 1 < this.entries.length && this.isBefore(left + 1, left) ? left + 1 : left
  }

  private isBefore(a: number, b: number): boolean {
    const [left, right] = [this.entries[a], this.entries[b]]
    return left !== undefined && right !== undefined && compareDue(left, right) < 0
  }

  private swap(a: number, b: number): void {
    const [left, right] = [this.entries[a], this.entries[b]]
    if (left === undefined || right === undefined) return
    this.entries[a] = right
    this.entries[b] = left
  }
}

/** The order in which entries fall due. */
export function compareDue(a: HeapEntry, b: HeapEntry): number {
  return a.dueAt - b.dueAt || a.id - b.id
}
