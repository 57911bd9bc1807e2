import {
  type ClosedGate,
  type ControlStore,
  type Delivery,
  type GateChange,
  type GateScope,
  type Instant,
  type Owner,
  sha256,
} from '@drumbeat/core'
import type { Call } from './call.js'
import { byId, gateKey } from './keys.js'
import type { EngineLease, State } from './state.js'
import { finishTestSend, forgetTestSends, openTestSends, permitTestSend } from './test-sends.js'

const dayMs = 24 * 60 * 60_000
/** A retired lease is set back so far: further than any lease lies ahead. */
const setBackMs = 60 * 60_000

/** Leases, gates, workspaces and the audit log. */
export function memoryControl(state: State, call: Call): ControlStore {
  return {
    heartbeat: (request) =>
      call(request, () => {
        const { engineId, epoch, leaseMs, now } = request
        const known = state.engines.get(engineId)
        if (epoch !== null && !isCurrent(known, epoch, now)) return null
        const lease = { epoch: epoch ?? nextEpoch(known, now), leaseExpiresAt: now + leaseMs }
        state.engines.set(engineId, { engineId, ...lease })
        return { ...lease, storeNow: now }
      }),
    retire: ({ engineId, epoch }) =>
      call({}, () => {
        const known = state.engines.get(engineId)
        if (known?.epoch === epoch)
          state.engines.set(engineId, { ...known, leaseExpiresAt: known.leaseExpiresAt - setBackMs })
      }),
    setGate: (request) => call(request, () => setGate(state, request)),
    closedGates: ({ workspaceIds }) =>
      call({}, () =>
        state.gates.values().filter(({ workspaceId }) => workspaceIds === null || workspaceIds.includes(workspaceId)),
      ),
    openAttempts: (request) =>
      call(request, () => {
        const ofDeliveries = state.openAttempts.of('open').filter(({ deliveryId }) => {
          const delivery = state.deliveries.get(deliveryId)
          return delivery !== undefined && covers(request.scope, delivery)
        })
        const inFlight = [...ofDeliveries, ...openTestSends(state, request)]
        const permitted = inFlight.filter(({ permitUntil }) => permitUntil > request.now)
        return { inFlight: inFlight.length, permitted: permitted.length }
      }),
    permitTestSend: (request) => call(request, () => permitTestSend(state, request)),
    finishTestSend: (request) => call(request, () => finishTestSend(state, request)),
    secret: () => call({}, () => sha256(`${state.hashKey}engine`)),
    workspace: ({ workspaceId }) => call({}, () => state.settings.get(workspaceId) ?? null),
    saveWorkspace: ({ workspaceId, settings }) => call({}, () => void state.settings.set(workspaceId, settings)),
    nextWorkAt: () => call({}, () => nextWorkAt(state)),
    tidy: ({ now, keepKeysMs }) =>
      call({ now }, () => {
        const keys = state.reportKeys.values().filter(({ receivedAt }) => receivedAt < now - keepKeysMs)
        for (const { key } of keys) state.reportKeys.delete(key)
        const expired = state.parked.values().filter(({ expiresAt }) => expiresAt <= now)
        for (const { seq } of expired) state.parked.delete(seq)
        const gone = state.engines.values().filter(({ leaseExpiresAt }) => leaseExpiresAt < now - dayMs)
        for (const { engineId } of gone) state.engines.delete(engineId)
        const tested = forgetTestSends(state, { before: now - keepKeysMs, now })
        return keys.length + expired.length + gone.length + tested
      }),
    audit: (entries) =>
      call({}, () => {
        for (const entry of entries) {
          const id = state.next()
          state.audit.set(id, { ...entry, id })
        }
      }),
    auditLog: ({ workspaceId, limit }) =>
      call({}, () => {
        const newestFirst = state.auditOf.of(workspaceId).sort((a, b) => b.at - a.at || byId(b, a))
        return newestFirst.slice(0, limit).map(({ id, ...entry }) => entry)
      }),
  }
}

/** True while claims of this owner are safe: its epoch is the engine's, and its lease not over for longer than the skew. */
export function isAlive(state: State, { engineId, epoch }: Owner, now: Instant, skewMs: number): boolean {
  const engine = state.engines.get(engineId)
  if (engine?.epoch !== epoch) return false
  return now - engine.leaseExpiresAt <= skewMs
}

/** What a closed scope can cover. */
export type Covered = Pick<Delivery, 'workspaceId' | 'campaignId' | 'stepId'> & { readonly account: string | null }

/** True when no call may start there. */
export function isClosedFor(state: State, delivery: Covered): boolean {
  if (state.gates.size === 0) return false
  return scopesOf(delivery).some((scope) => state.gates.has(gateKey(scope)))
}

/** Closes or opens a scope. */
export function setGate(state: State, request: GateChange): ClosedGate | null {
  const { workspaceId, kind, ref } = request.scope
  const key = gateKey(request.scope)
  if (!request.closed) {
    state.gates.delete(key)
    return null
  }
  return (
    state.gates.get(key) ?? state.gates.set(key, { workspaceId, kind, ref, epoch: state.next(), closedAt: request.now })
  )
}

function covers(scope: GateScope, delivery: Covered): boolean {
  return scopesOf(delivery).some((candidate) => gateKey(candidate) === gateKey(scope))
}

function scopesOf({ workspaceId, campaignId, stepId, account }: Covered): readonly GateScope[] {
  const scopes: readonly GateScope[] = [
    { workspaceId, kind: 'workspace', ref: '' },
    { workspaceId, kind: 'campaign', ref: campaignId },
    { workspaceId, kind: 'step', ref: `${campaignId}/${stepId}` },
  ]
  return account === null ? scopes : [...scopes, { workspaceId, kind: 'account', ref: account }]
}

function isCurrent(engine: EngineLease | undefined, epoch: number, now: Instant): boolean {
  return engine?.epoch === epoch && engine.leaseExpiresAt > now
}

/** The first epoch is the time in seconds: an engine that was forgotten comes back with a later one than it ever had. */
function nextEpoch(engine: EngineLease | undefined, now: Instant): number {
  return engine === undefined ? Math.floor(now / 1000) : engine.epoch + 1
}

function nextWorkAt(state: State): Instant | null {
  const campaigns = state.campaigns.values()
  const goesOn = campaigns.some(
    ({ status, activation, resumptions }) => status === 'active' && (activation !== null || resumptions.length > 0),
  )
  if (goesOn || state.inbox.values().length > 0) return 0
  const known = [
    ...campaigns.map(({ status, startsAt }) => (status === 'scheduled' ? startsAt : null)),
    firstDue(state),
    ...state.looks.values().map(({ lookAt }) => lookAt),
  ].filter((at) => at !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** When the first run is due that nobody has claimed. */
export function firstDue(state: State): Instant | null {
  const first = Math.min(...state.due.all().map((lane) => lane.first()?.standing.dueAt ?? Number.POSITIVE_INFINITY))
  return Number.isFinite(first) ? first : null
}
