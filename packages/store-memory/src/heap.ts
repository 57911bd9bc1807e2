/** What falls due, and when. */
export interface HeapEntry {
  readonly dueAt: number
  readonly id: number
}

/** A binary heap in two columns of numbers: the entry that is due first on top, the older id first among equals. */
export class DueHeap {
  private dueAts = new Float64Array(16)
  private ids = new Float64Array(16)
  private size = 0

  peek(): HeapEntry | undefined {
    return this.size === 0 ? undefined : this.entry(0)
  }

  push({ dueAt, id }: HeapEntry): void {
    if (this.size === this.ids.length) this.resize(2 * this.size)
    let index = this.size++
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (compareDue(this.entry(parent), { dueAt, id }) <= 0) break
      this.move(parent, index)
      index = parent
    }
    this.put(index, dueAt, id)
  }

  pop(): HeapEntry | undefined {
    const top = this.peek()
    if (top === undefined) return undefined
    this.size--
    const last = this.entry(this.size)
    let index = 0
    for (;;) {
      const child = this.firstChild(index)
      if (child === null || compareDue(last, this.entry(child)) <= 0) break
      this.move(child, index)
      index = child
    }
    this.put(index, last.dueAt, last.id)
    if (this.ids.length > 16 && this.size < this.ids.length / 4) this.resize(this.ids.length / 2)
    return top
  }

  private firstChild(index: number): number | null {
    const left = 2 * index + 1
    if (left >= this.size) return null
    return left + 1 < this.size && compareDue(this.entry(left + 1), this.entry(left)) < 0 ? left + 1 : left
  }

  private entry(index: number): HeapEntry {
    return { dueAt: this.dueAts[index] as number, id: this.ids[index] as number }
  }

  private move(from: number, to: number): void {
    this.put(to, this.dueAts[from] as number, this.ids[from] as number)
  }

  private put(index: number, dueAt: number, id: number): void {
    this.dueAts[index] = dueAt
    this.ids[index] = id
  }

  private resize(length: number): void {
    const { dueAts, ids } = this
    this.dueAts = new Float64Array(length)
    this.ids = new Float64Array(length)
    this.dueAts.set(dueAts.subarray(0, this.size))
    this.ids.set(ids.subarray(0, this.size))
  }
}

/** The order in which entries fall due. */
export function compareDue(a: HeapEntry, b: HeapEntry): number {
  return a.dueAt - b.dueAt || a.id - b.id
}
