export type { ProblemDetails } from '../routing/problem.js'
export { ApiProblem, type CallOptions, type Client, createClient, type Operation } from './create-client.js'
