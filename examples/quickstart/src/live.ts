import { smtpChannel } from '@drumbeat/channel-smtp'
import { createDrumbeat, type Delivery, dripSequence } from '@drumbeat/core'
import { pgliteStore } from '@drumbeat/store-postgres'
import { createTransport } from 'nodemailer'
import { templates } from './campaign.js'

/** Where live mails go. */
export interface Live {
  /** `smtp://user:password@host:port`, or `smtps://…`. */
  readonly server: string
  readonly from: string
  readonly to: string
}

/**
 * Sends the campaign's mails for real, now and one after another, to one address: two weeks are not waited for. Returns what became of
 * each.
 */
export async function sendLive({ server, from, to }: Live): Promise<readonly Delivery[]> {
  const client = createTransport(server)
  const drumbeat = createDrumbeat({
    store: pgliteStore({ dataDir: '' }),
    channels: [smtpChannel({ client, from })],
    unsubscribeUrl: ({ deliveryRef }) => `https://acme.test/bye/${deliveryRef}`,
  })
  try {
    const acme = drumbeat.workspace('acme')
    await acme.templates.publishAll(templates)
    const mails = Object.entries(templates).filter(([, { channel }]) => channel === 'email')
    const { id } = await acme.campaigns.create({
      name: 'Live',
      sequence: dripSequence(mails.map(([template]) => ({ channel: 'email', template }))),
    })
    await acme.contacts.import([
      { id: 'you', addresses: { email: to }, attributes: { firstName: 'you', company: 'Acme' } },
    ])
    await acme.campaigns.activate(id)
    await drumbeat.tick()
    return await acme.deliveries(id)
  } finally {
    await drumbeat.close()
    client.close()
  }
}
