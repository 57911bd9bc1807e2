import { defineSequence, defineTemplates, emailTemplate, event, exit, send, type Workspace, wait } from '@drumbeat/core'

const unsubscribe = '<p><a href="{{unsubscribeUrl}}">Unsubscribe</a></p>'

const templates = defineTemplates<{ name: string }>()({
  welcome: emailTemplate({
    subject: 'Welcome, {{name | friend}}',
    html: `<p>Good to have you, {{name | friend}}. More in a moment.</p>${unsubscribe}`,
  }),
  tips: emailTemplate({ subject: 'Three tips for you', html: `<p>Here they are.</p>${unsubscribe}` }),
})

/** Two mails for whoever signs up. Published once: what is in the database already is left as it is. */
export async function setUpCampaign(acme: Workspace, pause: string): Promise<void> {
  if ((await acme.campaigns.list()).length > 0) return
  await acme.templates.publishAll(templates)
  const { id } = await acme.campaigns.create({
    name: 'Welcome',
    entry: { on: event('signed.up'), again: 'never' },
    sequence: defineSequence({
      templates,
      start: 'welcome',
      steps: {
        welcome: send({ channel: 'email', template: 'welcome', next: 'pause' }),
        pause: wait({ for: pause, next: 'tips' }),
        tips: send({ channel: 'email', template: 'tips', next: 'done' }),
        done: exit(),
      },
    }),
  })
  await acme.campaigns.activate(id)
}
