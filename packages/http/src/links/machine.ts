/**
 * Link scanners, previews and prefetchers, by what they say they are. Gmail's image proxy is not among them: it fetches when a person
 * opens. A bare "Mozilla/5.0" is Apple's Mail Privacy Protection, which fetches whether or not the mail is read.
 */
const machines =
  /^$|^Mozilla\/5\.0$|\b(bot|crawler|spider|scan(ner)?|preview|prefetch|monitor)\b|bot\b|barracuda|proofpoint|mimecast|messagelabs|symantec|trendmicro|fireeye|cloudmark|safelinks|existence discovery|headlesschrome|phantomjs|python|curl\/|wget\/|okhttp|go-http-client|java\/|libwww|axios|node-fetch/i

/** Within so many milliseconds of the sending no person has read a mail. */
const tooSoonMs = 5000

/** Whether a machine asked rather than a person: it says so, prefetches, only looks whether something is there, or is too quick. */
export function isMachine(request: Request, times: { readonly sentAt: number | null; readonly now: number }): boolean {
  const { headers, method } = request
  const purpose = `${headers.get('sec-purpose') ?? ''} ${headers.get('purpose') ?? ''} ${headers.get('x-moz') ?? ''}`
  if (method === 'HEAD' || /prefetch|preview/i.test(purpose)) return true
  if (machines.test(headers.get('user-agent')?.trim() ?? '')) return true
  return times.sentAt !== null && times.now - times.sentAt < tooSoonMs
}
