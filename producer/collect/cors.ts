import type { IncomingMessage, ServerResponse } from 'node:http'
import { RefusedRequest } from './refused-request.ts'

/** A browser asks again after so many seconds whether a page may send. */
const ASK_AGAIN_SECONDS = 600

const ALLOWED_HEADERS = 'Content-Type, Content-Encoding, X-API-Key, Authorization'

/**
 * Lets pages of the given origins read what they are answered. A request that a browser sends for any other page is
 * refused, whether or not the browser asked first: forms and simple requests come unasked.
 * @throws {RefusedRequest} `foreign_origin`
 */
export function allowOrigin(
  { headers: { origin } }: IncomingMessage,
  response: ServerResponse,
  origins: ReadonlySet<string>,
): void {
  if (origins.size > 0) response.appendHeader('Vary', 'Origin')
  if (origin === undefined) return
  if (!origins.has(origin)) {
    throw new RefusedRequest(
      403,
      'foreign_origin',
      'Pages of this origin may not send here. Name it with --cors-origins if it is one of yours.',
    )
  }
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Expose-Headers', 'Retry-After')
}

/** A browser's question before it lets a page send. */
export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined

/** Answers it; what the page then sends is judged on its own, its key included. */
export function answerPreflight(response: ServerResponse, methods: string): void {
  response
    .writeHead(204, {
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': String(ASK_AGAIN_SECONDS),
    })
    .end()
}
