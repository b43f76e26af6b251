import { type FileHandle, open } from 'node:fs/promises'
import { refused } from './unreadable-file.ts'

/** Bytes of the file itself (compressed bytes of an archive); `totalBytes` is 0 when it is not known, as of a pipe. */
export type OnProgress = (bytesRead: number, totalBytes: number) => void

interface StoredChunk {
  chunk: Uint8Array
  totalBytes: number
}

const CHUNK_BYTES = 256 * 1024

/**
 * The bytes of a file as they are stored, or of standard input for `-`. Every chunk is new memory, so views may be kept.
 * @throws {UnreadableFile} when the file is missing, a directory, forbidden, or fails on the way.
 */
export async function* readBytes(path: string, onProgress?: OnProgress): AsyncGenerator<Uint8Array, void, undefined> {
  let bytesRead = 0
  for await (const { chunk, totalBytes } of path === '-' ? standardInput() : fileAt(path)) {
    bytesRead += chunk.length
    onProgress?.(bytesRead, totalBytes)
    yield chunk
  }
}

async function* fileAt(path: string): AsyncGenerator<StoredChunk, void, undefined> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path)
    const stat = await handle.stat()
    const totalBytes = stat.isFile() ? stat.size : 0
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(CHUNK_BYTES))
      if (bytesRead === 0) return
      yield { chunk: buffer.subarray(0, bytesRead), totalBytes }
    }
  } catch (error) {
    throw refused(path, error as NodeJS.ErrnoException)
  } finally {
    await handle?.close()
  }
}

async function* standardInput(): AsyncGenerator<StoredChunk, void, undefined> {
  try {
    for await (const chunk of process.stdin) yield { chunk, totalBytes: 0 }
  } catch (error) {
    throw refused('-', error as NodeJS.ErrnoException)
  }
}
