import twilio from 'twilio'
import { accountSid, authToken } from './twilio-stand-in.js'

/** The real client, which finds Twilio's API on the loopback. */
export function clientOf(url: string, token = authToken, timeoutMs = 10_000): twilio.Twilio {
  const httpClient = new twilio.RequestClient({ timeout: timeoutMs })
  const request = httpClient.request.bind(httpClient)
  httpClient.request = (options) => request({ ...options, uri: options.uri.replace('https://api.twilio.com', url) })
  return twilio(accountSid, token, { httpClient })
}

/** The signature of a webhook, by Twilio's own package. */
export function signatureOf(url: string, fields: Record<string, string>, token = authToken): string {
  return twilio.getExpectedTwilioSignature(token, url, fields)
}
