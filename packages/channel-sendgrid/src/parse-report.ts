import { headerOf, type ParsedReport, type RawReport } from '@drumbeat/core'
import { parseEvents } from './parse-events.js'
import { parseInbound } from './parse-inbound.js'

/** SendGrid's events come as JSON, mails that it received as a form. */
export function parseReport(report: RawReport): readonly ParsedReport[] {
  const isForm = /^multipart\/form-data/i.test(headerOf(report, 'content-type') ?? '')
  return isForm ? parseInbound(report) : parseEvents(report)
}
