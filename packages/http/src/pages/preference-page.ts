import { escapeHtml } from './html.js'

/** A topic that people may choose to hear of. */
export interface Topic {
  /** As steps name it. */
  readonly id: string
  readonly name: string
}

/** What the page shows. */
export interface PreferenceView {
  /**
   * `ready`: asks. The others say what has been done; `test`: the link came with a test send, and is nobody's; `unknown`: it is broken, or
   * whom it was for is gone.
   */
  readonly state: 'ready' | 'unsubscribed' | 'resubscribed' | 'saved' | 'test' | 'unknown'
  readonly channel: string
  /** The topic that the link is about; null = the whole channel. */
  readonly topic: Topic | null
  /** Every topic of the channel, and whether they hear of it. */
  readonly topics: readonly (Topic & { readonly isWanted: boolean })[]
  /** What the browser prefers, as its Accept-Language says; null = nothing. */
  readonly language: string | null
}

/** The texts of the page, for other languages and other words. */
export interface PreferenceTexts {
  readonly title: string
  readonly ask: string
  readonly askTopic: (topic: string) => string
  readonly unsubscribe: string
  readonly unsubscribeFromAll: string
  readonly topics: string
  readonly save: string
  readonly unsubscribed: string
  readonly undo: string
  readonly resubscribed: string
  readonly saved: string
  readonly test: string
  readonly unknown: string
}

/** What applies unless the host says otherwise. */
export const defaultPreferenceTexts: PreferenceTexts = {
  title: 'Your subscriptions',
  ask: 'Do you want to stop getting these messages?',
  askTopic: (topic) => `Do you want to stop getting messages about “${topic}”?`,
  unsubscribe: 'Unsubscribe',
  unsubscribeFromAll: 'Unsubscribe from everything',
  topics: 'What you want to hear of',
  save: 'Save',
  unsubscribed: 'You are unsubscribed. You will not get these messages any more.',
  undo: 'That was a mistake: subscribe me again',
  resubscribed: 'You are subscribed again.',
  saved: 'Your choice is saved.',
  test: 'This link came with a test of a message. It unsubscribes nobody; in the message itself, it will.',
  unknown: 'This link is incomplete, or is not in use any more.',
}

const style =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:10vh auto;padding:0 1rem;color:#1a1a1a;background:#fff}' +
  'button{font:inherit;padding:.5rem 1rem;margin:.25rem 0;cursor:pointer}fieldset{border:1px solid #aaa;margin:1.5rem 0}' +
  'label{display:block;padding:.25rem 0}'

/** The page where people unsubscribe and choose. Works without scripts, by keyboard and by screen reader. */
export function preferencePage(view: PreferenceView, texts: PreferenceTexts, language: string): string {
  const { state, topic } = view
  const ask = topic === null ? texts.ask : texts.askTopic(topic.name)
  const [message, form] = {
    ready: [ask, unsubscribeForm(view, texts) + topicsForm(view, texts)],
    unsubscribed: [texts.unsubscribed, action('resubscribe', texts.undo) + topicsForm(view, texts)],
    resubscribed: [texts.resubscribed, topicsForm(view, texts)],
    saved: [texts.saved, topicsForm(view, texts) + action('unsubscribe_all', texts.unsubscribeFromAll)],
    test: [texts.test, ''],
    unknown: [texts.unknown, ''],
  }[state] as [string, string]
  return (
    `<!doctype html><html lang="${escapeHtml(language)}"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><title>${escapeHtml(texts.title)}</title><style>${style}</style></head>` +
    `<body><main><h1>${escapeHtml(texts.title)}</h1><p role="status">${escapeHtml(message)}</p>${form}</main></body></html>`
  )
}

function unsubscribeForm({ topic }: PreferenceView, texts: PreferenceTexts): string {
  const all = topic === null ? '' : action('unsubscribe_all', texts.unsubscribeFromAll)
  return action('unsubscribe', texts.unsubscribe) + all
}

function topicsForm({ topics }: PreferenceView, texts: PreferenceTexts): string {
  if (topics.length === 0) return ''
  const choices = topics.map(({ id, name, isWanted }) => {
    const checked = isWanted ? ' checked' : ''
    return `<label><input type="checkbox" name="topic" value="${escapeHtml(id)}"${checked}> ${escapeHtml(name)}</label>`
  })
  const legend = `<legend>${escapeHtml(texts.topics)}</legend>`
  return `<form method="post"><fieldset>${legend}${choices.join('')}</fieldset>${button('save', texts.save)}</form>`
}

function action(name: string, label: string): string {
  return `<form method="post">${button(name, label)}</form>`
}

function button(name: string, label: string): string {
  return `<button type="submit" name="action" value="${name}">${escapeHtml(label)}</button>`
}
