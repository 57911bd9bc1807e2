import { bodyJson, formFields, type ParsedReport, type RawReport } from '@drumbeat/core'
import { parseEvents } from './parse-events.js'
import { parseInbound } from './parse-inbound.js'

/** Mailgun's events come as JSON, mails that a route hands on as a form. */
export function parseReport(report: RawReport): readonly ParsedReport[] {
  const body = bodyJson(report)
  if (body !== undefined) return parseEvents(body)
  return parseInbound(formFields(report), report.receivedAt)
}
