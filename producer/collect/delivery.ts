import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip } from 'node:zlib'

export interface DeliveryOptions {
  readonly isGzipped: boolean
  /** A reader that takes nothing for so long is cut off. */
  readonly patienceMs: number
  /** Aborts when the reader has gone. */
  readonly gone: AbortSignal
}

/** How it ended, other than with a fault. */
export type Delivery = 'whole' | 'reader_gone' | 'reader_stalled'

const GZIP = { level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 }

/**
 * Sends the chunks as fast as the reader takes them. Whatever comes in between, the connection is broken off, so that
 * nobody takes a part for the whole.
 * @throws what the chunks threw
 */
export async function deliver(
  chunks: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  { isGzipped, patienceMs, gone }: DeliveryOptions,
): Promise<Delivery> {
  let fault: { readonly error: unknown } | undefined
  let hasStalled = false
  let timer: NodeJS.Timeout | undefined
  const awaitReader = (): void => {
    timer = setTimeout(() => {
      hasStalled = true
      response.destroy()
    }, patienceMs)
  }
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        awaitReader()
        yield chunk
        clearTimeout(timer)
      }
      awaitReader()
    } catch (error) {
      if (gone.aborted) return
      fault = { error }
      // Readers that speak HTTP/1.0 take an orderly end for the end of the file.
      response.socket?.resetAndDestroy()
      throw error
    }
  }
  try {
    if (isGzipped) await pipeline(watched, createGzip(GZIP), response)
    else await pipeline(watched, response)
    return 'whole'
  } catch (error) {
    if (fault !== undefined) throw fault.error
    if (hasStalled) return 'reader_stalled'
    if (gone.aborted) return 'reader_gone'
    throw error
  } finally {
    clearTimeout(timer)
  }
}
