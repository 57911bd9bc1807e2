import { describe, expect, it } from 'vitest'
import { type RawInbound, readInbound } from './inbound.js'

const mail = (given: Partial<RawInbound>): RawInbound => ({
  channel: 'email',
  from: 'Ana <Ana@Example.com>',
  to: 'reply+1@acme.test',
  text: 'See you on Tuesday.',
  at: 5,
  ...given,
})

describe('readInbound', () => {
  it('reads who wrote what, when, and to which message it belongs', () => {
    const headers = { 'In-Reply-To': ' <m1@acme.test>', 'MESSAGE-ID': '<m2@example.com>', Subject: 'Re: Welcome' }
    expect(readInbound(mail({ headers, text: ' Hi\r\nthere\u0000 ' }))).toEqual({
      channel: 'email',
      from: 'Ana@example.com',
      to: 'reply+1@acme.test',
      text: 'Hi\nthere',
      keyword: null,
      automatic: false,
      at: 5,
      inReplyTo: 'm1@acme.test',
      providerId: 'm2@example.com',
    })
  })

  it('reads a text message, and brings the numbers into one form', () => {
    const raw = { channel: 'sms', from: '+1 500 555 0006', to: '12345', text: 'Stop', at: 5, providerId: 'SM1' }
    expect(readInbound(raw)).toMatchObject({
      from: '+15005550006',
      to: '12345',
      keyword: 'stop',
      automatic: false,
      providerId: 'SM1',
      inReplyTo: null,
    })
  })

  it.each<readonly [string, Partial<RawInbound>]>([
    ['Auto-Submitted: auto-replied', { headers: { 'Auto-Submitted': 'auto-replied (vacation)' } }],
    ['auto-submitted: auto-generated', { headers: { 'auto-submitted': 'auto-generated' } }],
    ['Precedence: auto_reply', { headers: { Precedence: 'auto_reply' } }],
    ['Precedence: bulk', { headers: { Precedence: 'Bulk' } }],
    ['Precedence: junk', { headers: { Precedence: 'junk' } }],
    ['X-Autoreply: yes', { headers: { 'X-Autoreply': 'yes' } }],
    ['X-Autorespond', { headers: { 'X-Autorespond': '' } }],
    ['X-Auto-Response-Suppress: All', { headers: { 'X-Auto-Response-Suppress': 'All' } }],
    ['an empty Return-Path', { headers: { 'Return-Path': '<>' } }],
    ['a report', { headers: { 'Content-Type': 'multipart/report; report-type=delivery-status' } }],
    ['the mailer daemon', { from: 'Mail System <MAILER-DAEMON@mx.example.com>' }],
    ['Automatic reply:', { subject: 'Automatic reply: Welcome' }],
    ['Out of office', { headers: { subject: 'Re: Out of Office: back Monday' } }],
    ['Abwesenheitsnotiz', { subject: 'Abwesenheitsnotiz' }],
    ['Automatische Antwort', { subject: 'Automatische Antwort: Hallo' }],
    ['Réponse automatique', { subject: 'Réponse automatique : Bonjour' }],
    ['Respuesta automática', { subject: 'Respuesta automática: Hola' }],
    ['Undeliverable', { subject: 'Undeliverable: Welcome' }],
  ])('takes %s for a machine', (_, given) => {
    expect(readInbound(mail(given)).automatic).toBe(true)
  })

  it.each<readonly [string, Partial<RawInbound>]>([
    ['nothing special', {}],
    ['Auto-Submitted: no', { headers: { 'Auto-Submitted': 'no' } }],
    ['a return path', { headers: { 'Return-Path': '<ana@example.com>' } }],
    ['Precedence: normal', { headers: { Precedence: 'normal' } }],
    ['X-Autoreply: no', { headers: { 'X-Autoreply': 'no' } }],
    ['a subject that only mentions it', { subject: 'Question about my out of office setting' }],
    ['an automatic car', { subject: 'Automatic or manual?' }],
  ])('takes %s for a person', (_, given) => {
    expect(readInbound(mail(given)).automatic).toBe(false)
  })

  it('believes the provider before anything else', () => {
    const headers = { 'Auto-Submitted': 'auto-replied' }
    expect(readInbound(mail({ headers, automatic: false })).automatic).toBe(false)
    expect(readInbound(mail({ automatic: true })).automatic).toBe(true)
  })

  it('takes nothing from a machine but a stop', () => {
    expect(readInbound(mail({ text: 'Yes', automatic: true })).keyword).toBeNull()
    expect(readInbound(mail({ text: 'Unsubscribe', automatic: true })).keyword).toBe('stop')
  })

  it('reads the subject of a mail without text', () => {
    expect(readInbound(mail({ text: ' ', subject: 'unsubscribe' })).keyword).toBe('stop')
    expect(readInbound(mail({ text: 'Hi', subject: 'unsubscribe' })).keyword).toBeNull()
  })

  it('uses the provider’s keyword where the text says nothing', () => {
    expect(readInbound(mail({ text: 'Enough of this', keyword: 'stop' })).keyword).toBe('stop')
    expect(readInbound(mail({ text: 'YES', keyword: 'start' })).keyword).toBe('yes')
  })

  it('bounds the text', () => {
    expect(readInbound(mail({ text: 'a'.repeat(1e6) })).text).toHaveLength(16_000)
  })
})
