import type { IncomingMessage } from 'node:http'
import { GrowingBytes } from './growing-bytes.ts'
import { type BodyKind, isGzip, kindOf } from './media-type.ts'
import type { Reservation } from './pending-bytes.ts'
import { RefusedRequest } from './refused-request.ts'
import { unpack } from './unpack.ts'

/** A request's body, unpacked, without the byte order mark it may have begun with. Not empty. */
export interface Body {
  readonly bytes: Uint8Array
  readonly kind: BodyKind
}

/** The connection ended before the request did. Nobody is left to answer. */
export class ClientGone extends Error {
  constructor(options?: ErrorOptions) {
    super('the client went away before its request was complete', options)
    this.name = 'ClientGone'
  }
}

export interface BodyLimits {
  /** Of what is sent, and of what it unpacks to. */
  readonly maxBodyBytes: number
}

/** What unpacking holds besides the body: zlib's state and window, and the piece it writes to. Bytes. */
const UNPACKING_BYTES = 64 * 1024

/**
 * Reads the body. The reservation grows before memory is taken. A request that is refused is not read any further, and
 * not destroyed: whoever answers it decides what becomes of the connection.
 * @throws {RefusedRequest} 415 `unsupported_media_type` and `unsupported_encoding`, 413 `body_too_large` and
 *   `unpacked_too_large`, 400 `invalid_gzip` and `empty_body`, and as {@link Reservation.grow}
 * @throws {ClientGone} when the connection ends before the body does
 */
export async function readBody(
  request: IncomingMessage,
  { maxBodyBytes }: BodyLimits,
  reservation: Reservation,
): Promise<Body> {
  const { headers } = request
  const kind = kindOf(headers)
  const packed = isGzip(headers)
  const declared = headers['content-length']
  if (declared !== undefined && Number(declared) > maxBodyBytes) throw tooLarge(maxBodyBytes)

  const chunks = chunksOf(request, maxBodyBytes)
  const bytes = packed
    ? await unpackedBytes(chunks, maxBodyBytes, reservation)
    : await sentBytes(chunks, declared === undefined ? maxBodyBytes : Number(declared), reservation)
  const content = withoutByteOrderMark(bytes)
  if (content.length === 0)
    throw new RefusedRequest(400, 'empty_body', 'The body is empty: send {"records":[...]}, a JSON array or a record.')
  return { bytes: content, kind }
}

async function sentBytes(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
  reservation: Reservation,
): Promise<Uint8Array> {
  const body = new GrowingBytes(reservation, mostBytes)
  for await (const chunk of chunks) body.add(chunk)
  return body.bytes
}

async function unpackedBytes(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
  reservation: Reservation,
): Promise<Uint8Array> {
  reservation.grow(UNPACKING_BYTES)
  const body = new GrowingBytes(reservation, mostBytes)
  await unpack(chunks, (piece) => {
    if (body.length + piece.length > mostBytes) throw unpackedTooLarge(mostBytes)
    body.add(piece)
  })
  return body.bytes
}

/** The body as it comes. Whoever stops reading leaves the request paused, not destroyed. */
async function* chunksOf(request: IncomingMessage, mostBytes: number): AsyncGenerator<Uint8Array, void> {
  let received = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      received += chunk.length
      if (received > mostBytes) throw tooLarge(mostBytes)
      yield chunk
    }
  } catch (error) {
    throw error instanceof RefusedRequest ? error : new ClientGone({ cause: error })
  }
}

const withoutByteOrderMark = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes

const SMALLER = 'send fewer records per request, or raise --max-body-size'

const tooLarge = (mostBytes: number): RefusedRequest =>
  new RefusedRequest(413, 'body_too_large', `The body is longer than ${mostBytes} bytes: ${SMALLER}.`)

const unpackedTooLarge = (mostBytes: number): RefusedRequest =>
  new RefusedRequest(413, 'unpacked_too_large', `The body unpacks to more than ${mostBytes} bytes: ${SMALLER}.`)
