import {
  attribute,
  branch,
  defineSequence,
  defineTemplates,
  delivery,
  emailTemplate,
  exit,
  send,
  smsTemplate,
  split,
  wait,
  waitFor,
} from '@drumbeat/core'

const unsubscribe = '<p><a href="{{unsubscribeUrl}}">Unsubscribe</a></p>'

/** The messages. A token that is no attribute of a contact does not compile. */
export const templates = defineTemplates<{ firstName: string; company: string; plan: string }>()({
  welcome: emailTemplate({
    subject: 'Welcome, {{firstName | friend}}',
    html: `<p>Good to have you, {{firstName | friend}}. Here is how to begin.</p>${unsubscribe}`,
  }),
  tips: emailTemplate({
    subject: 'Three tips for your first week',
    html: `<p>Hi {{firstName | there}}, you opened our first mail, so here are three tips.</p>${unsubscribe}`,
  }),
  nudge: smsTemplate({
    body: 'Hi {{firstName | there}}, shall we help you begin? Answer YES, or STOP to hear no more.',
  }),
  thanks: smsTemplate({ body: 'Thank you! Somebody will be in touch today.' }),
  'offer-plain': emailTemplate({
    subject: 'Your trial, {{firstName | friend}}',
    html: `<p>Half price until Friday.</p>${unsubscribe}`,
  }),
  'offer-company': emailTemplate({
    subject: 'An offer for {{company}}',
    html: `<p>We have put an offer together for {{company}}.</p>${unsubscribe}`,
  }),
  goodbye: emailTemplate({
    subject: 'Last call',
    html: `<p>Your offer ends tonight, {{firstName | friend}}.</p>${unsubscribe}`,
  }),
})

/** Two weeks with a new contact, in the contact's own time. */
export const sequence = defineSequence({
  templates,
  start: 'welcome',
  steps: {
    welcome: send({ channel: 'email', template: 'welcome', next: 'overnight' }),
    overnight: wait({ for: 'P1D', until: '09:00', next: 'opened?' }),
    'opened?': branch({ cases: [{ when: delivery('welcome', 'opened'), next: 'tips' }], otherwise: 'nudge' }),
    tips: send({ channel: 'email', template: 'tips', next: 'tuesday' }),
    nudge: send({ channel: 'sms', template: 'nudge', next: 'answer' }),
    answer: waitFor({ cases: [{ reply: true, next: 'thanks' }], limit: { for: 'P2D' }, timedOut: 'tuesday' }),
    thanks: send({ channel: 'sms', template: 'thanks', category: 'transactional', next: 'tuesday' }),
    tuesday: wait({ until: { time: '10:00', weekdays: ['tue'] }, next: 'offer' }),
    offer: split({
      arms: { plain: { weight: 50, next: 'offer-plain' }, company: { weight: 50, next: 'offer-company' } },
    }),
    'offer-plain': send({ channel: 'email', template: 'offer-plain', next: 'three-days' }),
    'offer-company': send({ channel: 'email', template: 'offer-company', next: 'three-days' }),
    'three-days': wait({ for: 'P3D', until: '17:30', next: 'goodbye' }),
    goodbye: send({ channel: 'email', template: 'goodbye', next: 'done' }),
    done: exit(),
  },
})

/** Who gets it, and under which rules. */
export const campaign = {
  name: 'First two weeks',
  audience: attribute('plan').is('trial'),
  quietHours: { sms: '20:00-10:00' },
  exits: [{ when: { unsubscribed: true } }],
  zone: 'Europe/Berlin',
} as const
