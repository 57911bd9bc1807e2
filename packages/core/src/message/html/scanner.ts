/** Where in HTML the next character stands. A reduced form of the tokenizer of the HTML standard, enough to tell contexts apart. */
export interface HtmlState {
  readonly where:
    | 'text'
    | 'tagName'
    | 'tag'
    | 'attributeName'
    | 'afterName'
    | 'beforeValue'
    | 'value'
    | 'comment'
    | 'declaration'
    /** Within an element whose content is not markup: `style`, `script`, `title` and the like; `tag` names it. */
    | 'rawText'
  /** Lower case; of an end tag with its slash. Empty outside tags. */
  readonly tag: string
  /** Lower case, without a namespace prefix; empty outside attributes. */
  readonly attribute: string
  /** The quote that ends the value; empty for an unquoted value, and outside values. */
  readonly quote: '"' | "'" | ''
}

/** The state at the start of a body or a fragment. */
export const htmlStart: HtmlState = { where: 'text', tag: '', attribute: '', quote: '' }

const rawTextElements = new Set([
  'style',
  'script',
  'title',
  'textarea',
  'xmp',
  'noembed',
  'noframes',
  'noscript',
  'plaintext',
])

interface Step {
  readonly state: HtmlState
  readonly at: number
}

/**
 * Reads static HTML from `at` on, up to the next place where an attribute's value or a tag begins or ends or a tag's name is
 * complete, or to the end of the text. Returns the state there and the offset; called again with both, it reads on.
 *
 * Outlook's conditional comments (`<!--[if mso]> … <![endif]-->`) count as content, since Outlook reads them as such.
 * @see https://html.spec.whatwg.org/multipage/parsing.html#tokenization
 */
export function scanHtml(from: HtmlState, text: string, at: number): Step {
  let step: Step = { state: from, at }
  while (step.at < text.length) {
    const before = step.state.where
    step = advance(step.state, text, step.at)
    const after = step.state.where
    if (before === after) continue
    if (before === 'value' || after === 'value' || before === 'tagName' || isOutside(after) !== isOutside(before)) break
  }
  return step
}

function isOutside(where: HtmlState['where']): boolean {
  return where === 'text' || where === 'rawText' || where === 'comment' || where === 'declaration'
}

function advance(state: HtmlState, text: string, at: number): Step {
  switch (state.where) {
    case 'text':
      return leaveText(text, at)
    case 'tagName': {
      const end = endOf(/[\s/>]/g, text, state.tag === '' && text[at] === '/' ? at + 1 : at)
      return {
        state: { ...state, where: end < text.length ? 'tag' : 'tagName', tag: state.tag + lower(text, at, end) },
        at: end,
      }
    }
    case 'tag':
      if (text[at] === '>') return { state: closeTag(state.tag), at: at + 1 }
      if (/[\s/]/.test(text[at] ?? '')) return { state, at: at + 1 }
      if (text[at] === '=') return { state: { ...state, where: 'beforeValue', attribute: '' }, at: at + 1 }
      return { state: { ...state, where: 'attributeName', attribute: '' }, at }
    case 'attributeName': {
      const end = endOf(/[\s/>=]/g, text, at)
      const attribute = state.attribute + lower(text, at, end)
      return { state: { ...state, where: end < text.length ? 'afterName' : 'attributeName', attribute }, at: end }
    }
    case 'afterName':
      if (/\s/.test(text[at] ?? '')) return { state, at: at + 1 }
      if (text[at] === '=') {
        const attribute = state.attribute.slice(state.attribute.lastIndexOf(':') + 1)
        return { state: { ...state, where: 'beforeValue', attribute }, at: at + 1 }
      }
      return { state: { ...state, where: 'tag', attribute: '' }, at }
    case 'beforeValue': {
      const next = text[at]
      if (/\s/.test(next ?? '')) return { state, at: at + 1 }
      if (next === '"' || next === "'") return { state: { ...state, where: 'value', quote: next }, at: at + 1 }
      if (next === '>') return { state: closeTag(state.tag), at: at + 1 }
      return { state: { ...state, where: 'value', quote: '' }, at }
    }
    case 'value': {
      const end = state.quote === '' ? endOf(/[\s>]/g, text, at) : endOf(state.quote === '"' ? /"/g : /'/g, text, at)
      if (end >= text.length) return { state, at: end }
      return {
        state: { where: 'tag', tag: state.tag, attribute: '', quote: '' },
        at: state.quote === '' ? end : end + 1,
      }
    }
    case 'comment':
      return leaveAfter(/--!?>/g, state, text, at)
    case 'declaration':
      return leaveAfter(/>/g, state, text, at)
    case 'rawText': {
      const end = endOf(new RegExp(`</${state.tag}(?=[\\s/>])`, 'gi'), text, at)
      return end < text.length ? { state: { ...htmlStart, where: 'tagName' }, at: end + 1 } : { state, at: end }
    }
  }
}

function leaveText(text: string, at: number): Step {
  const open = text.indexOf('<', at)
  if (open < 0) return { state: htmlStart, at: text.length }
  const rest = text.slice(open + 1, open + 8).toLowerCase()
  if (rest.startsWith('!--[if')) return { state: { ...htmlStart, where: 'declaration' }, at: open + 7 }
  if (rest.startsWith('!-->')) return { state: htmlStart, at: open + 5 }
  if (rest.startsWith('!--->')) return { state: htmlStart, at: open + 6 }
  if (rest.startsWith('!--')) return { state: { ...htmlStart, where: 'comment' }, at: open + 4 }
  if (/^[!?]|^\/[^a-z]/.test(rest)) return { state: { ...htmlStart, where: 'declaration' }, at: open + 2 }
  // A `<` at the very end may become a tag through what a token puts after it.
  if (/^\/?[a-z]/.test(rest) || rest === '' || rest === '/')
    return { state: { ...htmlStart, where: 'tagName' }, at: open + 1 }
  return { state: htmlStart, at: open + 1 }
}

function leaveAfter(end: RegExp, state: HtmlState, text: string, at: number): Step {
  end.lastIndex = at
  return end.test(text) ? { state: htmlStart, at: end.lastIndex } : { state, at: text.length }
}

function closeTag(tag: string): HtmlState {
  return rawTextElements.has(tag) ? { ...htmlStart, where: 'rawText', tag } : htmlStart
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.exec(text)?.index ?? text.length
}

function lower(text: string, from: number, to: number): string {
  return text.slice(from, to).toLowerCase()
}
