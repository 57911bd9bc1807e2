import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { readContacts } from '../../examples/quickstart/src/contacts-file.js'

const header = 'id,firstName,email,phone,zone,company,plan'
const good = 'c1,Ana,ana@example.com,+12125550100,Europe/Berlin,Acme,trial'

it('reads every column, and leaves out what is empty', () => {
  const { contacts, problems } = readContacts(`\uFEFF${header}\r\n${good}\r\nc2,,,,,,pro\r\n`)
  expect(problems).toEqual([])
  expect(contacts).toEqual([
    {
      id: 'c1',
      zone: 'Europe/Berlin',
      addresses: { email: 'ana@example.com', sms: '+12125550100' },
      attributes: { plan: 'trial', firstName: 'Ana', company: 'Acme' },
    },
    { id: 'c2', zone: null, addresses: {}, attributes: { plan: 'pro' } },
  ])
})

it('reads commas and quotes inside of quotes', () => {
  const { contacts } = readContacts(`${header}\nc1,"Ana ""A"", Jr.",,,,,trial`)
  expect(contacts[0]?.attributes?.firstName).toBe('Ana "A", Jr.')
})

it.each([
  ['a quote that is never closed', 'c2,"Bo,b@example.com,,,,trial', 'Line 2: a quote is opened and never closed.'],
  ['a value too few', 'c2,Bo,b@example.com,,,trial', 'Line 2: it has 6 values; 7 are expected'],
  ['a value too many', 'c2,Bo,b@example.com,,,,trial,x', 'Line 2: it has 8 values; 7 are expected'],
  ['no id', ',Bo,b@example.com,,,,trial', 'Line 2: it has no id.'],
])('a line with %s is told by its number, and the others are read', (_, bad, message) => {
  const { contacts, problems } = readContacts(`${header}\n${bad}\n\n${good}`)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(message)
  expect(contacts.map(({ id }) => id)).toEqual(['c1'])
})

it('a second line with the same id is told, and the first one counts', () => {
  const { contacts, problems } = readContacts(`${header}\n${good}\n${good.replace('Ana', 'Another')}`)
  expect(problems).toEqual(['Line 3: the id "c1" is in line 2 already.'])
  expect(contacts.map(({ attributes }) => attributes?.firstName)).toEqual(['Ana'])
})

it('another header reads nobody, and says which columns are expected', () => {
  const { contacts, problems } = readContacts(`name,email\n${good}`)
  expect(contacts).toEqual([])
  expect(problems).toEqual([`Line 1: the columns have to be ${header}; they are "name,email".`])
})

it('the contacts of the example are at least 500 in 20 zones, some of them broken', async () => {
  const file = new URL('../../examples/quickstart/contacts.csv', import.meta.url)
  const { contacts, problems } = readContacts(await readFile(file, 'utf8'))
  expect(contacts.length).toBeGreaterThanOrEqual(500)
  expect(new Set(contacts.map(({ zone }) => zone)).size).toBeGreaterThanOrEqual(20)
  expect(problems.length).toBeGreaterThan(0)
})
