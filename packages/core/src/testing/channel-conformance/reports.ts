import { expect } from 'vitest'
import type { Channel, ParsedReport, RawReport } from '../../ports/channel.js'
import type { ChannelCases, ChannelSubject, ReportedDelivery, ReportSource, Signing } from './subject.js'

const delivery: ReportedDelivery = { deliveryRef: 'dlv_0conform', providerId: 'provider-1' }

type Reporting = Required<Pick<Channel, 'verify' | 'parse'>> & { readonly reports: ReportSource }

function reporting({ channel, reports }: ChannelSubject): Reporting {
  const { verify, parse } = channel
  if (verify === undefined || parse === undefined || reports === undefined) {
    throw new Error('Offer verify, parse and the subject’s reports; or skip the group "reports", with a reason.')
  }
  return { verify: verify.bind(channel), parse: parse.bind(channel), reports }
}

async function deliveredReport(subject: ChannelSubject, signed: Signing): Promise<RawReport> {
  return reporting(subject).reports.delivered(delivery, signed)
}

async function inboundReport(subject: ChannelSubject, text: string, signed: Signing): Promise<RawReport> {
  const { reports } = reporting(subject)
  if (reports.inbound === undefined) throw new Error('Offer reports.inbound; or skip this case, with a reason.')
  return reports.inbound(text, signed)
}

/** A report as its sender made it, and a copy of it for comparison. */
function copyOf(report: RawReport): RawReport {
  return { ...report, headers: { ...report.headers }, body: report.body.slice() }
}

const rubbish: readonly Uint8Array[] = [
  '',
  '{',
  'null',
  '[]',
  '[null, 1, "x", {}]',
  '{"__proto__": {"x": 1}}',
  'a=1&a=2&%zz',
  '\u0000',
].map((text) => new TextEncoder().encode(text))

/** What `verify` and `parse` owe. */
export const reportCases: ChannelCases = {
  async 'takes a report that the provider signed'(subject) {
    expect(await reporting(subject).verify(await deliveredReport(subject, 'ours'))).toBe(true)
  },
  async 'refuses a report that was signed with another secret'(subject) {
    expect(await reporting(subject).verify(await deliveredReport(subject, 'foreign'))).toBe(false)
  },
  async 'refuses a report that nobody signed'(subject) {
    expect(await reporting(subject).verify(await deliveredReport(subject, 'nobody'))).toBe(false)
  },
  async 'refuses a report whose body was altered'(subject) {
    const report = await deliveredReport(subject, 'ours')
    for (const at of [0, Math.floor(report.body.length / 2), report.body.length - 1]) {
      const body = report.body.slice()
      body[at] = (body[at] ?? 0) ^ 1
      expect(await reporting(subject).verify({ ...report, body }), `with byte ${at} changed`).toBe(false)
    }
  },
  async 'refuses what is no report at all'(subject) {
    const report = await deliveredReport(subject, 'ours')
    for (const body of rubbish) {
      for (const headers of [{}, Object.fromEntries(Object.keys(report.headers).map((name) => [name, 'é,=\u0001']))])
        expect(await reporting(subject).verify({ ...report, headers, body })).toBe(false)
    }
  },
  async 'reads the facts of a report, with the delivery that they are about'(subject) {
    const parsed = await reporting(subject).parse(await deliveredReport(subject, 'ours'))
    expect(parsed).toHaveLength(1)
    const [report] = parsed
    expect(report?.dedupeKey).toEqual(expect.stringMatching(/./))
    if (report?.kind !== 'facts') throw new Error('A report on a delivery is read as facts.')
    expect(report.facts.map(({ kind }) => kind)).toEqual(['delivered'])
    expect(report.facts.every(({ at }) => Number.isSafeInteger(at))).toBe(true)
    if (subject.channel.capabilities.echoesReference)
      expect(report.delivery).toEqual({ deliveryRef: delivery.deliveryRef })
    else expect(report.delivery).toEqual({ providerId: delivery.providerId })
  },
  async 'reads a report the same every time, and leaves it as it is'(subject) {
    const { parse } = reporting(subject)
    const report = await deliveredReport(subject, 'ours')
    const before = copyOf(report)
    const first: readonly ParsedReport[] = await parse(report)
    expect(await parse(copyOf(report))).toEqual(first)
    expect(report).toEqual(before)
  },
  async 'gives each event a key of its own'(subject) {
    const { parse, reports } = reporting(subject)
    const other = { deliveryRef: 'dlv_0another', providerId: 'provider-2' }
    const parsed = [
      ...(await parse(await reports.delivered(delivery, 'ours'))),
      ...(await parse(await reports.delivered(other, 'ours'))),
    ]
    expect(new Set(parsed.map(({ dedupeKey }) => dedupeKey)).size).toBe(2)
  },
  async 'reads nothing from what is no report, and does not throw'(subject) {
    const report = await deliveredReport(subject, 'ours')
    for (const body of rubbish) expect(await reporting(subject).parse({ ...report, body })).toEqual([])
  },
  async 'takes a message from a contact only if the provider signed it'(subject) {
    const { verify } = reporting(subject)
    expect(await verify(await inboundReport(subject, 'Hello', 'ours'))).toBe(true)
    expect(await verify(await inboundReport(subject, 'Hello', 'foreign'))).toBe(false)
    expect(await verify(await inboundReport(subject, 'Hello', 'nobody'))).toBe(false)
  },
  async 'reads a message from a contact'(subject) {
    const report = await inboundReport(subject, 'See you on Tuesday.', 'ours')
    const parsed = await reporting(subject).parse(report)
    // A token of the signature comes along where the provider signs nothing else.
    const hasToken = parsed.some((one) => one.kind === 'inbound' && one.token !== undefined)
    expect(parsed).toEqual([
      {
        ...(hasToken ? { token: expect.stringMatching(/./) } : {}),
        kind: 'inbound',
        dedupeKey: expect.stringMatching(/./),
        message: expect.objectContaining({ text: 'See you on Tuesday.', from: expect.stringMatching(/./) }),
      },
    ])
    const [inbound] = parsed
    expect(inbound?.kind === 'inbound' && Number.isSafeInteger(inbound.message.at)).toBe(true)
    expect(await reporting(subject).parse(copyOf(report))).toEqual(parsed)
  },
}
