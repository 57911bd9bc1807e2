/** Holds calls to a provider account's rate. */
export interface Limiter {
  /** Reserves up to `wanted` starts for the account and says how many may begin now. Unused ones are given back. */
  reserve(request: { readonly account: string; readonly wanted: number }): Promise<number>
  giveBack(request: { readonly account: string; readonly count: number }): Promise<void>
}
