import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { refusalJson } from './refusal.ts'

/** Why what came over a connection is no request that could be served. */
export interface ConnectionFault {
  /** HTTP status. */
  readonly status: number
  readonly reason: (typeof CONNECTION_FAULTS)[number]
  readonly message: string
}

export const CONNECTION_FAULTS = ['too_slow', 'headers_too_large', 'chunk_extensions_too_large', 'not_http'] as const

/** A client that is still sending gets so long to read why it is not served: what it sends is read and thrown away. */
const LINGER_MS = 1_000

/** Answers in JSON, and tells `onFault`, where Node would answer without a word. The connection ends with the answer. */
export function answerConnectionFaults(server: Server, onFault: (fault: ConnectionFault) => void): void {
  const exchanges = new WeakMap<Socket, { request: IncomingMessage; response: ServerResponse }>()
  const remember = (request: IncomingMessage, response: ServerResponse): void => {
    exchanges.set(request.socket, { request, response })
  }
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, remember)

  const faulty = new WeakSet<Socket>()
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket
    // What follows a fault is a fault as well; the first one is answered.
    if (faulty.has(socket)) return
    faulty.add(socket)
    const { request, response } = exchanges.get(socket) ?? {}
    const answer = (): void => {
      const fault = faultOf(error)
      if (fault === undefined || !socket.writable) {
        socket.destroy()
        return
      }
      onFault(fault)
      socket.write(textOf(fault))
      end(socket, fault)
    }
    const isAnswered = response === undefined || response.closed
    // The fault is in a request that was sent after this one: whoever sent both takes the first answer for the first.
    if (!isAnswered && request?.complete) response.once('close', answer)
    else if (!isAnswered && response.headersSent) socket.destroySoon()
    else answer()
  })
}

function end(socket: Socket, { status }: ConnectionFault): void {
  if (status === TOO_SLOW) {
    // Its request is still being read: a body that became whole now would be taken in after all.
    socket.destroySoon()
    return
  }
  socket.end()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
}

const TOO_SLOW = 408

function faultOf({ code }: NodeJS.ErrnoException): ConnectionFault | undefined {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: TOO_SLOW,
        reason: 'too_slow',
        message: 'The request took too long to arrive. Send less at once.',
      }
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        reason: 'headers_too_large',
        message: 'Request line and headers are longer than 16 KiB. Send less in them.',
      }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, reason: 'chunk_extensions_too_large', message: 'Send chunks without extensions.' }
    default:
      return { status: 400, reason: 'not_http', message: 'This is no HTTP/1.1 request. Check how it was written.' }
  }
}

function textOf({ status, reason, message }: ConnectionFault): string {
  const body = refusalJson(reason, message)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r
Content-Type: application/json; charset=utf-8\r
Content-Length: ${Buffer.byteLength(body)}\r
Connection: close\r
\r
${body}`
}
