import { defineSequence, emailTemplate, exit, send, smsTemplate, type Workspace, wait } from '@drumbeat/core'

/** A campaign of one mail and, a day later, one text message, with its templates; entered by API. */
export async function welcome(workspace: Workspace, name = 'Welcome') {
  await workspace.templates.publishAll({
    hello: emailTemplate({
      subject: 'Hello {{name | you}}',
      html: '<p>Hello <a href="https://acme.test/start">start</a></p>',
    }),
    nudge: smsTemplate({ body: 'Still there? Reply STOP to opt out.' }),
  })
  const campaign = await workspace.campaigns.create({
    name,
    entry: { when: 'api', again: 'afterExit' },
    category: 'transactional',
    sequence: defineSequence({
      start: 'hello',
      steps: {
        hello: send({ channel: 'email', template: 'hello', next: 'overnight' }),
        overnight: wait({ for: 'P1D', next: 'nudge' }),
        nudge: send({ channel: 'sms', template: 'nudge', next: 'done' }),
        done: exit(),
      },
    }),
  })
  return workspace.campaigns.activate(campaign.id)
}

/** A contact with a mail address and a phone number. */
export const ana = { id: 'ana', zone: 'Europe/Berlin', addresses: { email: 'ana@example.com', sms: '+12125550100' } }
