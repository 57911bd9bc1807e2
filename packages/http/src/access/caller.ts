import { HttpProblem } from '../routing/problem.js'

/** What a person may do, each including the one before: look; edit what is not live; publish, start and stop; and everything else. */
export type Role = (typeof roles)[number]

/** From the least to the most. */
export const roles = ['viewer', 'editor', 'publisher', 'admin'] as const

/** What an API key may be limited to. */
export type Scope =
  | `${'campaigns' | 'contacts' | 'templates' | 'workspace'}:${'read' | 'write'}`
  | 'templates:test'
  | 'events:write'
  | 'audit:read'

/** Who asks, and in which workspace. Nothing of another workspace is within reach of the request. */
export interface Caller {
  readonly workspaceId: string
  /** Named in the audit log: a user's id, a key's. Never a secret. */
  readonly actor: string
  readonly role: Role
  /** Absent = whatever the role may do. */
  readonly scopes?: readonly Scope[]
}

/** Says who asks; null = this request names nobody that it knows. */
export type Authorize = (request: Request) => Caller | null | Promise<Caller | null>

/** What a route asks of its caller. */
export interface Access {
  readonly role: Role
  readonly scope: Scope
}

/**
 * The first caller that an authorizer knows.
 * @throws {HttpProblem} 401 when none does, 403 when the caller may not do this.
 */
export async function callerOf(request: Request, authorizers: readonly Authorize[], access: Access): Promise<Caller> {
  for (const authorize of authorizers) {
    const caller = await authorize(request)
    if (caller === null) continue
    refuseUnlessAllowed(caller, access)
    return caller
  }
  throw new HttpProblem(401, 'unauthorized', 'The request does not say who asks, or nobody knows them.', {
    headers: { 'www-authenticate': 'Bearer' },
  })
}

/** @throws {HttpProblem} 403 when the caller may not do this. */
export function refuseUnlessAllowed({ role, scopes }: Caller, access: Access): void {
  if (roles.indexOf(role) < roles.indexOf(access.role)) {
    throw new HttpProblem(403, 'forbidden', `This takes the role ${access.role}; the caller has ${role}.`)
  }
  if (scopes !== undefined && !scopes.includes(access.scope)) {
    throw new HttpProblem(403, 'forbidden', `This takes the scope ${access.scope}; the key does not have it.`)
  }
}
