export {
  type SendGridChannelOptions,
  type SendGridClient,
  type SendGridMail,
  sendgridChannel,
} from './sendgrid-channel.js'
