export { type MailgunChannelOptions, type MailgunClient, type MailgunMail, mailgunChannel } from './mailgun-channel.js'
