import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express'
import type { Logger } from 'pino'
import type { Access } from './access.ts'
import { refuse } from './answers.ts'
import { ClientGone } from './body.ts'
import type { CollectorMetrics } from './collector-metrics.ts'
import { allowOrigin, answerPreflight, isPreflight } from './cors.ts'
import { hostGuard, keyGuard } from './guard.ts'
import type { PendingBytes } from './pending-bytes.ts'
import { RefusedRequest } from './refused-request.ts'

export interface CollectorRoutesOptions {
  readonly access: Access
  readonly corsOrigins: readonly string[]
  /** Answers `POST /events`. */
  readonly events: RequestHandler
  /** Answers `GET /stats`. */
  readonly stats: RequestHandler
  /** Answers `GET /export`. */
  readonly exporting: RequestHandler
  readonly pending: PendingBytes
  /** True from the moment at which nothing new is taken. */
  readonly stopping: () => boolean
  readonly metrics: Pick<CollectorMetrics, 'refused'>
  readonly logger: Logger
}

const STOPPING_RETRY_SECONDS = 5
/** What a request holds besides its body until it is answered, bytes: measured, 12 KiB and a little. */
const REQUEST_BYTES = 16 * 1024

/**
 * The API: POST /events, GET /stats, GET /export. Answers every path; whatever is not served is said in JSON, with a
 * reason.
 */
export function collectorRoutes(options: CollectorRoutesOptions): Router {
  const { events, stats, exporting } = options
  const router = express.Router()
  router.use(missingHost)
  for (const [path, method, handler] of [
    ['/events', 'POST', events],
    ['/stats', 'GET', stats],
    ['/export', 'GET', exporting],
  ] as const) {
    const methods = method === 'GET' ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS'
    const route = router.route(path)
    route.all(admission(options, methods), heldBehindOthers(options))
    if (method === 'GET') route.get(handler)
    else route.post(refusedWhileStopping(options), handler)
    route.all(otherMethod(methods))
  }
  router.use(() => {
    throw new RefusedRequest(404, 'not_found', 'There is POST /events, GET /stats, GET /export and GET /metrics.')
  })
  router.use(refusals(options))
  return router
}

/** Who may ask, from which page, under which name of this machine. */
function admission({ access, corsOrigins }: CollectorRoutesOptions, methods: string): RequestHandler {
  const origins = new Set(corsOrigins)
  const checkHost = hostGuard(access)
  const checkKey = keyGuard(access)
  return (request, response, next) => {
    checkHost(request)
    allowOrigin(request, response, origins)
    // A browser asks without the key.
    if (isPreflight(request)) return answerPreflight(response, methods)
    checkKey(request)
    next()
  }
}

/**
 * Requests that are sent on one connection without waiting for answers are held as their bodies are. Of the first of
 * each there are no more than connections.
 */
function heldBehindOthers({ pending }: CollectorRoutesOptions): RequestHandler {
  return (request, response, next) => {
    const isFirst = response.socket !== null
    if (isFirst) return next()
    const reservation = pending.reserve(request.socket.remoteAddress ?? '')
    reservation.grow(REQUEST_BYTES)
    response.once('close', () => reservation.release())
    next()
  }
}

const missingHost: RequestHandler = ({ headers, httpVersion }, _response, next) => {
  if (headers.host === undefined && httpVersion === '1.1')
    throw new RefusedRequest(400, 'missing_host', 'HTTP/1.1 requests have a Host header. Send it.')
  next()
}

function refusedWhileStopping({ stopping }: CollectorRoutesOptions): RequestHandler {
  return (_request, response, next) => {
    if (!stopping()) return next()
    response.set('Connection', 'close')
    throw new RefusedRequest(503, 'stopping', 'The collector is stopping. Send it again.', STOPPING_RETRY_SECONDS)
  }
}

function otherMethod(methods: string): RequestHandler {
  return ({ method }, response) => {
    response.set('Allow', methods)
    if (method === 'OPTIONS') {
      response.status(204).end()
      return
    }
    throw new RefusedRequest(405, 'method_not_allowed', `Only ${methods} are answered here.`)
  }
}

function refusals({ metrics, logger }: CollectorRoutesOptions): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (error instanceof ClientGone) return
    if (response.headersSent) return next(error)
    if (error instanceof RefusedRequest) {
      metrics.refused(error.reason)
      refuse(request, response, error)
      return
    }
    logger.error({ err: error }, 'answering a request failed')
    const refused = new RefusedRequest(500, 'internal_error', 'A fault of this program; its log says more.')
    metrics.refused(refused.reason)
    refuse(request, response, refused)
  }
}
