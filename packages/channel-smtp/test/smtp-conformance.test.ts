import { smtpChannel } from '@drumbeat/channel-smtp'
import { anOutboundMessage, channelConformance } from '@drumbeat/core/testing'
import nodemailer from 'nodemailer'
import { smtpServer, standInOf } from './smtp-stand-in.js'

for (const pool of [false, true]) {
  channelConformance({
    name: `smtpChannel() ${pool ? 'with a pool of connections' : 'with a connection for each mail'}`,
    async open() {
      const server = await smtpServer()
      const auth = { user: 'acme', pass: 'secret' }
      const client = nodemailer.createTransport({
        host: '127.0.0.1',
        port: server.port,
        auth,
        ...(pool ? { pool } : {}),
      })
      return {
        channel: smtpChannel({ client, from: 'Acme <hello@acme.test>' }),
        message: anOutboundMessage({
          to: 'ana@example.com',
          content: { kind: 'email', subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' },
          headers: { 'List-Unsubscribe': '<https://acme.test/u/1>' },
        }),
        provider: standInOf(server),
        async close() {
          client.close()
          await server.close()
        },
      }
    },
    skip: {
      'hands on how long the provider asks to wait': 'SMTP has no word for it',
      'says unknown after a server error that is not documented': 'every reply of SMTP says whether the mail was taken',
      reports: 'SMTP reports nothing; bounces are mails',
      'finds a message that the provider accepted': 'SMTP has nobody to ask',
      'never finds a message that the provider did not accept': 'SMTP has nobody to ask',
      'cannot tell when the provider cannot be reached': 'SMTP has nobody to ask',
    },
  })
}
