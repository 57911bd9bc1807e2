import type { ControlStore, GateScope, Instant, TestSendPermit } from '@drumbeat/core'
import { gateKey } from './keys.js'
import type { State, StoredTestSend } from './state.js'

/** Writes a test send down as begun, unless its scope is closed or the budget of its workspace is used up. */
export function permitTestSend(
  state: State,
  { workspaceId, account, now, permitMs, longestMs, budget, windowMs }: Parameters<ControlStore['permitTestSend']>[0],
): TestSendPermit {
  if (scopesOf({ workspaceId, account }).some((scope) => state.gates.has(gateKey(scope)))) return { result: 'closed' }
  const newestFirst = state.testSendsOf
    .of(workspaceId)
    .filter(({ begunAt }) => begunAt > now - windowMs)
    .sort((a, b) => b.begunAt - a.begunAt)
  const last = newestFirst[budget - 1]
  if (last !== undefined) return { result: 'over_budget', retryAt: last.begunAt + windowMs }
  const id = state.next()
  const permitUntil = now + permitMs
  state.testSends.set(id, { id, workspaceId, account, begunAt: now, permitUntil, finishedAt: now + longestMs })
  return { result: 'started', id, permitUntil }
}

/** Marks a test send as finished; one that is finished, or of another workspace, stays as it is. */
export function finishTestSend(
  state: State,
  { workspaceId, id, now }: Parameters<ControlStore['finishTestSend']>[0],
): void {
  const known = state.testSends.get(id)
  if (known?.workspaceId === workspaceId && known.finishedAt > now) {
    state.testSends.set(id, { ...known, finishedAt: now })
  }
}

/** The test sends of a scope that have begun and not finished. */
export function openTestSends(
  state: State,
  { scope, now }: Parameters<ControlStore['openAttempts']>[0],
): readonly StoredTestSend[] {
  const wanted = gateKey(scope)
  return state.testSendsOf
    .of(scope.workspaceId)
    .filter((send) => send.finishedAt > now && scopesOf(send).some((its) => gateKey(its) === wanted))
}

/** Forgets those that began before an instant and are over. Returns how many. */
export function forgetTestSends(state: State, { before, now }: { readonly before: Instant; readonly now: Instant }) {
  const old = state.testSends.values().filter(({ begunAt, finishedAt }) => begunAt < before && finishedAt <= now)
  for (const { id } of old) state.testSends.delete(id)
  return old.length
}

function scopesOf({ workspaceId, account }: Pick<StoredTestSend, 'workspaceId' | 'account'>): readonly GateScope[] {
  return [
    { workspaceId, kind: 'workspace', ref: '' },
    { workspaceId, kind: 'account', ref: account },
  ]
}
