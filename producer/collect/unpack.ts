import { finished } from 'node:stream/promises'
import { createGunzip, type Gunzip } from 'node:zlib'
import { RefusedRequest } from './refused-request.ts'

/**
 * Unpacks gzip, of one member or several, as it comes, and hands on piece after piece. When `take` throws, nothing more
 * is unpacked and its error is passed on: a bomb costs one piece. Nothing at all unpacks to nothing.
 * @throws {RefusedRequest} 400 `invalid_gzip` when it is broken, cut off, or followed by anything else
 */
export async function unpack(packed: AsyncIterable<Uint8Array>, take: (piece: Uint8Array) => void): Promise<void> {
  const gunzip = createGunzip()
  const ended = finished(gunzip, { writable: false })
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
  let sent = 0
  try {
    for await (const chunk of packed) {
      sent += chunk.length
      await Promise.race([written(gunzip, chunk), ended])
      if (refusal !== undefined) throw refusal
      // Zeros, which can begin no further member, end the stream at once, and the write is never called back.
      if (gunzip.readableEnded) throw invalid(TRAILING)
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

const written = (gunzip: Gunzip, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    gunzip.write(chunk, (error) => (error == null ? resolve() : reject(error)))
  })

const TRAILING = 'something follows its end'

const invalid = (what: string): RefusedRequest =>
  new RefusedRequest(
    400,
    'invalid_gzip',
    `The body is no whole gzip stream (${what}): send all of what the compressor gave and nothing else, or leave Content-Encoding out.`,
  )
