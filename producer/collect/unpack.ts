import { finished } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { RefusedRequest } from './refused-request.ts'

/**
 * Unpacks gzip, of one member or several, as it comes, and hands on piece after piece. When `take` throws, nothing more
 * is unpacked and its error is passed on: a bomb costs one piece. Nothing at all unpacks to nothing.
 * @throws {RefusedRequest} 400 `invalid_gzip` when it is broken, cut off, or followed by anything else
 */
export async function unpack(packed: AsyncIterable<Uint8Array>, take: (piece: Uint8Array) => void): Promise<void> {
  const gunzip = createGunzip()
  /** Ends the waiting for the write under way. */
  let awaken = (): void => {}
  const ended = finished(gunzip, { writable: false }).finally(() => awaken())
  // Whoever awaits it below hears of it; when something else failed before, nobody does.
  ended.catch(() => {})
  let refusal: unknown
  gunzip.on('data', (piece: Uint8Array) => {
    try {
      take(piece)
    } catch (error) {
      refusal = error
      gunzip.destroy()
    }
  })
  const throwIfOver = (): void => {
    if (refusal !== undefined) throw refusal
    if (gunzip.errored !== null) throw gunzip.errored
    // Zeros, which can begin no further member, end the stream at once.
    if (gunzip.readableEnded) throw invalid(TRAILING)
  }
  let sent = 0
  try {
    for await (const chunk of packed) {
      sent += chunk.length
      throwIfOver()
      // A stream that ends or fails never calls back. Racing each write with its end would keep them all until then.
      await new Promise<void>((resolve) => {
        awaken = resolve
        gunzip.write(chunk, () => resolve())
      })
      throwIfOver()
    }
    if (sent === 0) return
    gunzip.end()
    await ended
    if (gunzip.bytesWritten < sent) throw invalid(TRAILING)
  } catch (error) {
    if (refusal !== undefined) throw refusal
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) throw invalid(error.message)
    throw error
  } finally {
    gunzip.destroy()
  }
}

const TRAILING = 'something follows its end'

const invalid = (what: string): RefusedRequest =>
  new RefusedRequest(
    400,
    'invalid_gzip',
    `The body is no whole gzip stream (${what}): send all of what the compressor gave and nothing else, or leave Content-Encoding out.`,
  )
