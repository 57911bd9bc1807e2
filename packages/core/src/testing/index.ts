export * from './builders.js'
export {
  type ChannelConformance,
  type ChannelSubject,
  channelConformance,
  type ProviderAnswer,
  type ProviderStandIn,
  patienceMs,
  type ReportedDelivery,
  type ReportSource,
  type Signing,
} from './channel-conformance/index.js'
export { type LimiterConformance, limiterConformance } from './limiter-conformance.js'
export { anOutboundMessage, aSendContext } from './outbound.js'
export { type QueueConformance, queueConformance } from './queue-conformance.js'
export { type StoreConformance, storeConformance } from './store-conformance/index.js'
export { type OpenStore, type StoresAgreeOptions, storesAgree } from './store-model/stores-agree.js'

/** The version of the conformance suites' contract; it rises when a suite asks something new of an adapter. */
export const conformanceVersion = 1
