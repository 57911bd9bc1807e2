/** Where a contestant works: a database and a Redis of its own for one run, both empty. */
export interface Place {
  readonly databaseUrl: string
  readonly redisUrl: string
  /** An empty directory. */
  readonly folder: string
}

/** Something that is measured: it fills a place with jobs, then works them off, in one process or several. */
export interface Contestant {
  /** Fills the place with so many jobs. Not measured. */
  prepare(place: Place, jobs: number): Promise<void>
  /** Works until it is stopped. Calls `done` with how many more jobs are finished for good: written to the database. */
  work(place: Place, done: (count: number) => void): Promise<{ readonly stop: () => Promise<void> }>
}
