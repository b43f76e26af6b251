import type { Server } from 'node:http'
import type { RequestHandler } from 'express'
import { answerConnectionFaults, type ConnectionFault } from './connection-faults.ts'
import type { LandingAddition } from './landing-page.ts'

/** An API beside the pages for Prometheus. It takes in what others send, so its server has limits of its own. */
export interface HttpApi {
  /** Sees every request but those for /metrics, /-/healthy and /-/ready, and calls the next handler. */
  readonly observe: RequestHandler
  /** What `/` says, as JSON. */
  readonly status: () => object
  /** What the landing page says besides; undefined where there is none, and browsers get the status too. */
  readonly landing: LandingAddition | undefined
  /** Answers every other path. */
  readonly routes: RequestHandler
  readonly limits: ConnectionLimits
  readonly onFault: (fault: ConnectionFault) => void
}

/** Milliseconds, and a number of connections. */
export interface ConnectionLimits {
  /** From the first byte of a request to its last. */
  readonly requestMs: number
  /** How long nothing may move on a connection, an answer that is waited for or not read included. */
  readonly idleMs: number
  /** Those beyond it are closed as they come. */
  readonly mostConnections: number
  /** How long answers that are under way at the stop may take. */
  readonly stopMs: number
}

/** Node looks for slow requests so often, milliseconds. */
export const SLOWNESS_CHECK_MS = 1_000

export function limitConnections(server: Server, { limits, onFault }: HttpApi): void {
  server.setTimeout(limits.idleMs)
  server.maxConnections = limits.mostConnections
  answerConnectionFaults(server, onFault)
}
