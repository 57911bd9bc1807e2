/** A value that survives JSON unchanged. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

/** What a host attaches to its own campaigns, steps, templates and deliveries. Stored and returned, never interpreted. */
export type Metadata = JsonObject
