export {
  type SmtpAnswer,
  type SmtpChannelOptions,
  type SmtpClient,
  type SmtpMail,
  smtpChannel,
} from './smtp-channel.js'
