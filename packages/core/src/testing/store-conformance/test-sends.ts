import { expect } from 'vitest'
import type { GateKind, TestSendPermit } from '../../ports/store-control.js'
import { minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import type { Stage } from './stage.js'

const windowMs = 3_600_000
const permitMs = 5_000
const longestMs = 30_000

const permit = ({ store, workspaceId }: Stage, now = testStart, { of = workspaceId, budget = 2 } = {}) =>
  store.control.permitTestSend({ workspaceId: of, account: 'mail-account', now, permitMs, longestMs, budget, windowMs })

const open = ({ store, workspaceId }: Stage, kind: GateKind, ref: string, now = testStart) =>
  store.control.openAttempts({ scope: { workspaceId, kind, ref }, now })

function started(answer: TestSendPermit): number {
  if (answer.result !== 'started') throw new Error(`A test send was to start, and is ${answer.result}.`)
  return answer.id
}

/** Test sends: what a stop waits for, and what a workspace may use up. */
export const testSendCases: Cases = {
  'a test send may start until its permit ends, and is in flight until it is finished': async (stage) => {
    const answer = await permit(stage)
    expect(answer).toMatchObject({ result: 'started', permitUntil: testStart + permitMs })
    expect(await open(stage, 'workspace', '')).toEqual({ inFlight: 1, permitted: 1 })
    expect(await open(stage, 'account', 'mail-account')).toEqual({ inFlight: 1, permitted: 1 })
    expect(await open(stage, 'account', 'other')).toEqual({ inFlight: 0, permitted: 0 })
    expect(await open(stage, 'campaign', 'mail-account')).toEqual({ inFlight: 0, permitted: 0 })
    expect(await open(stage, 'workspace', '', testStart + permitMs)).toEqual({ inFlight: 1, permitted: 0 })
    const { control } = stage.store
    await control.finishTestSend({ workspaceId: stage.elsewhere, id: started(answer), now: testStart })
    expect(await open(stage, 'workspace', ''), 'finished by another workspace').toMatchObject({ inFlight: 1 })
    await control.finishTestSend({ workspaceId: stage.workspaceId, id: started(answer), now: testStart })
    expect(await open(stage, 'workspace', '')).toEqual({ inFlight: 0, permitted: 0 })
  },

  'one whose caller is gone is in flight no longer than it may take': async (stage) => {
    started(await permit(stage))
    expect(await open(stage, 'workspace', '', testStart + longestMs - 1)).toEqual({ inFlight: 1, permitted: 0 })
    expect(await open(stage, 'workspace', '', testStart + longestMs)).toEqual({ inFlight: 0, permitted: 0 })
  },

  'no test send starts where its workspace or account is closed, and one elsewhere does': async (stage) => {
    const { workspaceId, store } = stage
    for (const [kind, ref, result] of [
      ['workspace', '', 'closed'],
      ['account', 'mail-account', 'closed'],
      ['account', 'other', 'started'],
      ['campaign', 'mail-account', 'started'],
    ] as const) {
      const scope = { workspaceId, kind, ref }
      await store.control.setGate({ scope, closed: true, now: testStart })
      expect(await permit(stage), `${kind} "${ref}" closed`).toMatchObject({ result })
      expect(await permit(stage, testStart, { of: stage.elsewhere, budget: 9 })).toMatchObject({ result: 'started' })
      await store.control.setGate({ scope, closed: false, now: testStart })
    }
  },

  'a budget is of a workspace and a window, and finished test sends count': async (stage) => {
    const first = await permit(stage)
    await stage.store.control.finishTestSend({ workspaceId: stage.workspaceId, id: started(first), now: testStart })
    started(await permit(stage, minute(1)))
    expect(await permit(stage, minute(2))).toEqual({ result: 'over_budget', retryAt: testStart + windowMs })
    started(await permit(stage, minute(2), { of: stage.elsewhere }))
    expect(await permit(stage, testStart + windowMs - 1)).toMatchObject({ result: 'over_budget' })
    started(await permit(stage, testStart + windowMs))
    expect(await permit(stage, testStart + windowMs)).toEqual({ result: 'over_budget', retryAt: minute(1) + windowMs })
  },

  'of several test sends at once no more start than the budget has left': async (stage) => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => permit(stage)))
    expect(answers.filter(({ result }) => result === 'started')).toHaveLength(2)
  },

  'once a stop has resolved no test send starts, however many race it': async (stage) => {
    const { workspaceId, store } = stage
    const scope = { workspaceId, kind: 'workspace', ref: '' } as const
    let stopped = false
    const late: TestSendPermit[] = []
    const racing = Array.from({ length: 4 }, async () => {
      for (let turn = 0; turn < 10; turn++) {
        const askedAfterwards = stopped
        const answer = await permit(stage, testStart, { budget: 1000 })
        if (askedAfterwards) late.push(answer)
      }
    })
    await permit(stage)
    await store.control.setGate({ scope, closed: true, now: testStart })
    const { inFlight } = await open(stage, 'workspace', '')
    stopped = true
    await Promise.all(racing)
    late.push(await permit(stage, testStart, { budget: 1000 }))
    expect(new Set(late.map(({ result }) => result))).toEqual(new Set(['closed']))
    expect(await open(stage, 'workspace', '')).toMatchObject({ inFlight })
  },

  'tidying up forgets test sends that are old, and none that may be under way or count in a budget': async (stage) => {
    const { control } = stage.store
    started(await permit(stage, testStart, { budget: 1 }))
    await control.tidy({ now: testStart + 1, keepKeysMs: 0 })
    expect(await open(stage, 'workspace', '')).toEqual({ inFlight: 1, permitted: 1 })
    await control.tidy({ now: minute(1), keepKeysMs: 60_000 })
    expect(await permit(stage, minute(1), { budget: 1 })).toMatchObject({ result: 'over_budget' })
    expect(await control.tidy({ now: minute(2), keepKeysMs: 60_000 })).toBe(1)
    expect(await permit(stage, minute(2), { budget: 1 })).toMatchObject({ result: 'started' })
  },
}
