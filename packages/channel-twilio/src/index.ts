export { type TwilioChannelOptions, type TwilioClient, type TwilioMessage, twilioChannel } from './twilio-channel.js'
