import { describe, expect, it } from 'vitest'
import type { ContractRequest } from '../channels/contract-server.js'
import { contractOf } from './contract-of.js'

const account = `/2010-04-01/Accounts/AC${'0'.repeat(32)}`
const twilio = contractOf('twilio-messages')
const sendgrid = contractOf('sendgrid-mail-send')

const form = (fields: string, path = `${account}/Messages.json`): ContractRequest => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: fields,
})
const read = (path: string): ContractRequest => ({ method: 'GET', path: account + path, headers: {}, body: '' })
const mail = (change: object): ContractRequest => ({
  method: 'POST',
  path: '/v3/mail/send',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    personalizations: [{ to: [{ email: 'ana@example.com' }] }],
    from: { email: 'hello@acme.test' },
    content: [{ type: 'text/plain', value: 'Hello' }],
    ...change,
  }),
})

describe('a contract', () => {
  it('takes what its description takes', () => {
    expect(
      twilio.problemsOf(form('To=%2B15005550009&From=ACME&Body=Hi&MediaUrl=https://a.test/&SmartEncoded=true')),
    ).toEqual([])
    expect(twilio.problemsOf(read('/Messages.json?To=%2B15005550009&PageSize=50'))).toEqual([])
    expect(twilio.problemsOf(read(`/Messages/SM${'a'.repeat(32)}.json`))).toEqual([])
    expect(sendgrid.problemsOf(mail({}))).toEqual([])
  })

  it.each<readonly [string, ContractRequest, string]>([
    ['a path', form('To=%2B15005550009', '/2010-04-01/Messages.json'), 'is not described'],
    ['an account', form('To=%2B15005550009', '/2010-04-01/Accounts/AC1/Messages.json'), 'path AccountSid must'],
    ['a missing field', form('Body=Hi'), "required property 'To'"],
    ['a field that is not there', form('To=%2B15005550009&Texts=Hi'), '(Texts)'],
    ['a number that is none', form('To=x!'), 'body/To must match format'],
    [
      'a whole number that is none',
      form('To=%2B15005550009&ValidityPeriod=1.5'),
      'body/ValidityPeriod must be integer',
    ],
    ['a yes that is none', form('To=%2B15005550009&SmartEncoded=yes'), 'body/SmartEncoded must be boolean'],
    ['a field twice', form('To=%2B15005550009&To=%2B15005550008'), 'body/To must be string'],
    ['a service that is none', form('To=%2B15005550009&MessagingServiceSid=MG1'), 'body/MessagingServiceSid must'],
    [
      'JSON for a form',
      { ...form('{}'), headers: { 'content-type': 'application/json' } },
      'a body of application/json',
    ],
    ['a query that is not there', read('/Messages.json?Too=1'), 'query Too is not described'],
    ['a page of 5,000', read('/Messages.json?PageSize=5000'), 'query PageSize must be <= 1000'],
    ['a message that is none', read('/Messages/SM1.json'), 'path Sid must'],
    ['no sender', mail({ from: undefined }), "required property 'from'"],
    ['an address that is none', mail({ from: { email: 'acme' } }), 'body/from/email must match format'],
    ['an empty content', mail({ content: [{ type: 'text/html', value: '' }] }), 'body/content/0/value must NOT'],
    ['a category twice', mail({ categories: ['a', 'a'] }), 'body/categories must NOT'],
    ['a field by its name in JavaScript', mail({ replyTo: { email: 'a@acme.test' } }), '(replyTo)'],
    ['a text that is no JSON', { ...mail({}), body: '{' }, 'body: SyntaxError'],
    [
      '1,001 people',
      mail({ personalizations: Array(1001).fill({ to: [{ email: 'ana@example.com' }] }) }),
      'must NOT have more than 1000',
    ],
  ])('refuses %s', (_, request, sentence) => {
    expect(contractOfRequest(request).join('\n')).toContain(sentence)
  })

  it('holds answers to it too', () => {
    const request = read(`/Messages/SM${'a'.repeat(32)}.json`)
    expect(
      twilio.problemsOfAnswer(request, { status: 200, body: { sid: `SM${'a'.repeat(32)}`, status: 'sent' } }),
    ).toEqual([])
    expect(twilio.problemsOfAnswer(request, { status: 200, body: { sid: 'SM1', state: 'sent' } })).not.toEqual([])
    expect(twilio.problemsOfAnswer(request, { status: 204 })).toEqual(['the status 204 is not described'])
    expect(sendgrid.problemsOfAnswer(mail({}), { status: 202, body: { id: '1' } })).toEqual(['the answer has a body'])
  })
})

function contractOfRequest(request: ContractRequest): readonly string[] {
  return (request.path.startsWith('/v3/') ? sendgrid : twilio).problemsOf(request)
}
