/** What every contestant sends: a mail of about 2 KB with eight tokens. */
export const subject = 'Welcome to {{workspace.product}}, {{name}}'

const paragraph =
  '<p>You are on the {{plan}} plan since {{since}}. Here is what others in {{city}} do first, and what we would do in your ' +
  'place: pick one thing that costs you time every week, and let it run by itself from today on.</p>'

/** Its HTML. */
export const html =
  `<h1>Hello {{name}}</h1><p>Your account is {{account}}.</p>${paragraph}` +
  '<p>Nothing has to be set up beforehand. What you have stays as it is, and can be brought along at any time.</p>'.repeat(
    12,
  ) +
  '<p>Your code: {{code}}. <a href="{{unsubscribeUrl}}">Unsubscribe</a></p>'

/** What is known of a person. */
export function personOf(index: number) {
  return {
    id: `contact-${index}`,
    email: `person-${index}@example.com`,
    zone: zones[index % zones.length] ?? 'UTC',
    attributes: {
      name: `Person & Number ${index}`,
      plan: index % 3 === 0 ? 'trial' : 'paid',
      since: '2026-01-15',
      city: 'Zürich',
      account: `AC-${index}`,
      code: `C${index * 7}`,
    },
  }
}

/** Thirty zones, of every kind: without clock changes, with them, on both halves of the globe, off the full hour. */
export const zones: readonly string[] = [
  'UTC',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'America/Mexico_City',
  'America/Toronto',
  'America/Bogota',
  'America/St_Johns',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Paris',
  'Europe/Madrid',
  'Europe/Warsaw',
  'Europe/Athens',
  'Europe/Moscow',
  'Africa/Cairo',
  'Africa/Lagos',
  'Africa/Johannesburg',
  'Asia/Dubai',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Singapore',
  'Asia/Tokyo',
  'Asia/Shanghai',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Apia',
]
