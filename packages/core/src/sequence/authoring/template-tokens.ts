/** Names that templates may use besides the contact's attributes. */
export type GivenToken =
  | `${'workspace' | 'trigger' | 'webhook' | 'computed' | 'contact'}.${string}`
  | 'unsubscribeUrl'
  | 'locale'

/**
 * What a token may name for contacts with these attributes: an attribute, a dotted path below it, or something that is given. A token in
 * a section is written `section>token`: within a section over a list or an object it may also name a field of that.
 */
export type TokenFor<Attributes> =
  | Name<Attributes>
  | `${string}>${Name<Attributes>}`
  | `${Containers<Attributes> | `${'workspace' | 'trigger' | 'webhook' | 'computed'}.${string}`}>${string}`

type Name<Attributes> = PathOf<Attributes> | GivenToken

/** Dotted paths, four levels deep at most. */
type PathOf<Value, Depth extends readonly 0[] = []> = Depth['length'] extends 4
  ? never
  : Value extends readonly unknown[] | Date
    ? never
    : Value extends object
      ? {
          [Key in keyof Value & string]: Key | `${Key}.${PathOf<NonNullable<Value[Key]>, [...Depth, 0]>}`
        }[keyof Value & string]
      : never

/** The attributes that hold lists or objects. */
type Containers<Attributes> = {
  [Key in keyof Attributes & string]: NonNullable<Attributes[Key]> extends object ? Key : never
}[keyof Attributes & string]

/**
 * The tokens in a text, with those of sections as `section>token`. Fallbacks, comments, partials and closing tags are left out. A text
 * that is not a literal has none that could be known.
 */
export type TokensIn<
  Text extends string,
  Sections extends readonly string[] = [],
  Found extends string = never,
> = Text extends `${string}{{${infer Tag}}}${infer Rest}`
  ? Tag extends `${'#' | '^'}${infer Section}`
    ? TokensIn<Rest, [Trim<Section>, ...Sections], Found | Placed<Trim<Section>, Sections>>
    : Tag extends `/${string}`
      ? TokensIn<Rest, Outside<Sections>, Found>
      : Tag extends `${'!' | '>' | '='}${string}`
        ? TokensIn<Rest, Sections, Found>
        : TokensIn<Rest, Sections, Found | Placed<NameIn<Tag>, Sections>>
  : Found

type Outside<Sections extends readonly string[]> = Sections extends readonly [
  string,
  ...infer Outer extends readonly string[],
]
  ? Outer
  : []

type Placed<Token extends string, Sections extends readonly string[]> = Sections extends readonly [
  infer Section extends string,
  ...(readonly string[]),
]
  ? Token extends '.'
    ? never
    : `${Section}>${Token}`
  : Token

/** `name`, `name | fallback`, `{name` and `&name` all name `name`. */
type NameIn<Tag extends string> = Tag extends `${'{' | '&'}${infer Raw}`
  ? NameIn<Raw>
  : Tag extends `${infer Named}|${string}`
    ? Trim<Named>
    : Trim<Tag>

type Trim<Text extends string> = Text extends `${' ' | '\n' | '\t'}${infer Rest}`
  ? Trim<Rest>
  : Text extends `${infer Rest}${' ' | '\n' | '\t'}`
    ? Trim<Rest>
    : Text
