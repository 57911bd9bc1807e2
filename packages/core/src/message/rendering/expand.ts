import {
  type Node,
  type PartialNode,
  parseSource,
  type SectionNode,
  type Source,
  type TextNode,
  templateErrorAt,
  type ValueNode,
} from './parse.js'

/** A token, with whether it stands in a section, where it may be without a value. */
export interface ExpandedValue extends ValueNode {
  readonly inSection: boolean
}

/** A section whose children are expanded. */
export interface ExpandedSection extends Omit<SectionNode, 'children'> {
  readonly children: readonly Expanded[]
}

/** A part of a source whose partials have been put in. */
export type Expanded = TextNode | ExpandedValue | ExpandedSection

/** Finds the source of a partial; undefined = there is none. */
export type PartialLookup = (name: string) => Source | undefined

const maxNodes = 20_000
const maxPartialDepth = 16

/**
 * Parses a source and puts its partials in. A partial that contains itself, partials nested more than 16 deep, and sources that
 * grow beyond 20,000 parts are refused.
 * @throws {TemplateError} for these, for an unknown partial, and for what {@link parseSource} refuses.
 */
export function expand(source: Source, partial: PartialLookup): readonly Expanded[] {
  let count = 0

  const expandNodes = (nodes: readonly Node[], within: readonly string[], inSection: boolean): readonly Expanded[] =>
    nodes.flatMap((node): readonly Expanded[] => {
      count += 1
      if (count > maxNodes && node.kind !== 'text') {
        throw templateErrorAt(node.at, `with its partials the template has more than ${maxNodes} parts`)
      }
      if (node.kind === 'text') return [node]
      if (node.kind === 'value') return [{ ...node, inSection }]
      if (node.kind === 'section') return [{ ...node, children: expandNodes(node.children, within, true) }]
      return expandNodes(parseSource(open(node, within)), [...within, node.name], inSection)
    })

  const open = (node: PartialNode, within: readonly string[]): Source => {
    const { name, at } = node
    if (within.includes(name)) {
      throw templateErrorAt(at, `the partial "${name}" contains itself: ${[...within, name].join(' → ')}`)
    }
    if (within.length >= maxPartialDepth) {
      throw templateErrorAt(at, `partials are nested more than ${maxPartialDepth} deep`)
    }
    const found = partial(name)
    if (found === undefined)
      throw templateErrorAt(at, `there is no partial "${name}"; add it to the version's partials`)
    return found
  }

  return expandNodes(parseSource(source), [], false)
}
