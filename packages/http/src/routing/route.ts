import type { Clock, Drumbeat, Workspace } from '@drumbeat/core'
import type * as z from 'zod'
import type { Access, Caller } from '../access/caller.js'
import type { Wiring } from '../wiring.js'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** The parameters that a path names: `{ campaignId: string }` of `/v1/campaigns/:campaignId`. */
export type Params<Path extends string> = {
  readonly [Name in NamesIn<Path>]: string
}
type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

/** What every route is given. */
export interface Surroundings {
  readonly drumbeat: Drumbeat
  readonly clock: Clock
  readonly wiring: Wiring
  readonly request: Request
  /** The request's address as the world sees it. */
  readonly publicUrl: URL
}

/** A call of a route by somebody who may. */
export interface Call<Path extends string, Query, Body> extends Surroundings {
  readonly caller: Caller
  /** The caller's, acting in their name. */
  readonly workspace: Workspace
  readonly params: Params<Path>
  readonly query: Query
  readonly body: Body
}

/** The same, with every list and object in it read-only: what the core hands out. */
export type Unchanging<Value> = Value extends readonly (infer Item)[]
  ? readonly Unchanging<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Unchanging<Value[Key]> }
    : Value

/** What a route answers. */
export interface Answer<Result> {
  /** Checked by types alone: what the schema of the result describes. */
  readonly body: Result
  /** Default: the route's. */
  readonly status?: number
  readonly etag?: string
  /** What is sent in place of the body, as it comes: of a route that `emits`. */
  readonly stream?: ReadableStream<Uint8Array>
  /** What the audit log says beside the route's name for it. */
  readonly record?: { readonly subject?: string; readonly detail?: Readonly<Record<string, string | number | boolean>> }
}

/**
 * What the audit log keeps of a change: a line `noun.verb` that is written once it has happened; `core` = the workspace writes it;
 * `none` = it changes nothing, or is a record itself.
 */
export type Audit = `${string}.${string}` | 'core' | 'none'

/** A route of the API: who may call it, what it takes, and what it answers. */
export interface ApiRoute<
  Operation extends string = string,
  Path extends string = string,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> {
  readonly method: Method
  readonly path: Path
  /** Unique; names the method of the client. */
  readonly operation: Operation
  readonly summary: string
  readonly access: Access
  readonly audit: Audit
  /** Absent = it takes none. */
  readonly query?: Query
  /** Absent = no JSON is read from the body. */
  readonly body?: Body
  /** What the body is, when it is not JSON: the route reads it from the request itself. */
  readonly streams?: readonly string[]
  /** Absent = 204, nothing. */
  readonly result?: Result
  /** What it sends as it comes, when that is not JSON. */
  readonly emits?: string
  /** Default 200. */
  readonly status?: number
  /** `required`: a change needs `If-Match`. `optional`: it is heeded. Absent = there is no revision. */
  readonly revision?: 'required' | 'optional'
  run(call: Call<Path, z.output<Query>, z.output<Body>>): Promise<Answer<Unchanging<z.input<Result>>>>
}

/** A route that anybody may call: what it lets them do is proven by a signature or a token. */
export interface OpenRoute<Path extends string = string> {
  readonly method: Method
  readonly path: Path
  readonly operation: string
  readonly summary: string
  readonly access: 'open'
  run(call: Surroundings & { readonly params: Params<Path> }): Promise<Response>
}

/** Any route, with its types forgotten: what the table holds. */
export type AnyRoute = ApiRoute | OpenRoute

type None = z.ZodUndefined

/** Keeps the types of a route's parts together. */
export function apiRoute<
  const Operation extends string,
  const Path extends string,
  Query extends z.ZodType = None,
  Body extends z.ZodType = None,
  Result extends z.ZodType = None,
>(route: ApiRoute<Operation, Path, Query, Body, Result>): ApiRoute<Operation, Path, Query, Body, Result> {
  return route
}

/** The same for a route that anybody may call. */
export function openRoute<const Path extends string>(route: OpenRoute<Path>): OpenRoute<Path> {
  return route
}
