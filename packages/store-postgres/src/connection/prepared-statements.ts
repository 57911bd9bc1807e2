/** A statement that comes so often is prepared: most that a host's audience is made of come once. */
const usesBefore = 3
/** Each session of the database keeps the plans of what is prepared. */
const mostPrepared = 200
const mostCounted = 1_000

/**
 * Names for the statements that come again and again, so that the database parses and plans them once per session. Once a session has
 * turned out not to keep them, because a pooler stands between, nothing is prepared any more.
 */
export class PreparedStatements {
  /** Nobody else gives the same names: several stores may use one pool. */
  private readonly prefix = `drumbeat_${Math.random().toString(36).slice(2, 10)}`
  private readonly uses = new Map<string, number>()
  private readonly names = new Map<string, string>()

  constructor(private isAllowed: boolean) {}

  /** Under which name a statement is prepared; undefined = it is not. */
  nameOf(text: string): string | undefined {
    if (!this.isAllowed) return undefined
    return this.names.get(text) ?? this.counted(text)
  }

  private counted(text: string): string | undefined {
    if (this.names.size >= mostPrepared) return undefined
    const uses = (this.uses.get(text) ?? 0) + 1
    this.uses.delete(text)
    if (uses >= usesBefore) {
      const name = `${this.prefix}_${this.names.size}`
      this.names.set(text, name)
      return name
    }
    this.uses.set(text, uses)
    const [oldest] = this.uses.keys()
    if (this.uses.size > mostCounted && oldest !== undefined) this.uses.delete(oldest)
    return undefined
  }

  /** Sessions do not keep what is prepared. */
  forbid(): void {
    this.isAllowed = false
    this.names.clear()
    this.uses.clear()
  }
}
