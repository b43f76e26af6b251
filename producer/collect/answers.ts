import type { IncomingMessage, ServerResponse } from 'node:http'
import { refusalJson } from '../../consumer/expose/refusal.ts'
import type { RefusedRequest } from './refused-request.ts'

/** What a client still sends after a refusal is read and thrown away up to here, so that it gets to read the refusal. */
const LINGER_BYTES = 16 * 1024 * 1024
const LINGER_MS = 1_000

/** Answers with one JSON document. */
export function sendJson(response: ServerResponse, status: number, document: unknown): void {
  write(response, status, `${JSON.stringify(document)}\n`)
  response.end()
}

/**
 * Says why the request is not served. When its body was not read to its end, the connection ends with the answer: what
 * is left of the body cannot be told from another request.
 */
export function refuse(request: IncomingMessage, response: ServerResponse, refused: RefusedRequest): void {
  const { status, reason, message, retryAfterSeconds } = refused
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(retryAfterSeconds))
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  const isRead = request.complete || !hasBody(request)
  if (!isRead) response.setHeader('Connection', 'close')
  write(response, status, refusalJson(reason, message))
  if (isRead || waitsToSend(request)) response.end()
  else endAfterBody(request, response)
}

/** Of a request without one it is not known yet that it is complete when it is handled at once. */
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

const askedForBody = new WeakSet<IncomingMessage>()

/**
 * Tells a client that waits for it (`Expect: 100-continue`) to send the body that is being read; unless the reading has
 * failed at once, on the headers alone.
 */
export function askForBody(request: IncomingMessage, response: ServerResponse, reading: Promise<unknown>): void {
  if (!expectsContinue(request)) return
  const asking = setImmediate(() => {
    askedForBody.add(request)
    response.writeContinue()
  })
  reading.catch(() => clearImmediate(asking))
}

const expectsContinue = ({ headers }: IncomingMessage): boolean => /^100-continue$/i.test(headers.expect ?? '')

const waitsToSend = (request: IncomingMessage): boolean => expectsContinue(request) && !askedForBody.has(request)

function write(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  response.write(body)
}

/** The whole answer is written. A connection closed over bytes that nobody read would take it away from the client. */
function endAfterBody(request: IncomingMessage, response: ServerResponse): void {
  let left = LINGER_BYTES
  const timer = setTimeout(end, LINGER_MS)
  function end(): void {
    clearTimeout(timer)
    request.pause()
    response.end()
  }
  request.on('data', ({ length }: Buffer) => {
    left -= length
    if (left < 0) end()
  })
  request.once('close', () => clearTimeout(timer))
  request.once('end', end)
  request.resume()
}
