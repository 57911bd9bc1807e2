/** @import { Reporter, TestModule } from 'vitest/node' */

/**
 * Counts what Vitest ran and hands the numbers to `test.mjs`. A file that could not be loaded and an error outside any
 * test count as failed, so that "0 failed" means that nothing went wrong.
 * @implements {Reporter}
 */
export default class SummaryReporter {
  /**
   * @param {ReadonlyArray<TestModule>} modules
   * @param {ReadonlyArray<unknown>} strayErrors
   */
  onTestRunEnd(modules, strayErrors) {
    const count = { passed: 0, failed: strayErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      const failedBefore = count.failed
      for (const test of module.children.allTests()) count[test.result().state] += 1
      if (module.state() === 'failed' && count.failed === failedBefore) count.failed += 1
    }
    process.send?.({ passed: count.passed, failed: count.failed, skipped: count.skipped + count.pending })
  }
}
