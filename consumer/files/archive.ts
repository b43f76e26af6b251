import { ArchiveFrame, type Compression } from './archive-frame.ts'
import { peek } from './peek.ts'
import { UnreadableFile } from './unreadable-file.ts'

type Bytes = AsyncGenerator<Uint8Array, void, undefined>

const MAGIC_BYTES = 4

/** Small slices keep both what a slice may swell to and what is lost before a damaged place small. */
const SLICE_BYTES = 16 * 1024

/**
 * The bytes of a file, decompressed when it is a gzip or zstd archive. The first bytes decide, not the name.
 * @throws {UnreadableFile} when the archive is cut short or damaged, after the bytes before that place.
 */
export async function* unpack(path: string, stored: Bytes): Bytes {
  try {
    const head = await peek(stored, (bytes) => bytes.length >= MAGIC_BYTES)
    const compression = compressionOf(path, head)
    if (head.length > 0) yield* compression ? decompress(path, compression, head, stored) : startingWith(head, stored)
  } finally {
    await stored.return()
  }
}

/** The head taken by `peek`, and then the rest. */
export async function* startingWith(head: Uint8Array, rest: Bytes): Bytes {
  yield head
  yield* rest
}

/** @throws {UnreadableFile} when the name promises an archive and the bytes are none. */
export function compressionOf(path: string, head: Uint8Array): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd'
  // A frame to be skipped; parallel compressors put one in front.
  if ((head[0]! & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return 'zstd'
  const [, extension] = /\.(gz|zst)$/i.exec(path) ?? []
  if (extension === undefined) return undefined
  throw new UnreadableFile(
    path,
    `is no archive though its name ends in .${extension}; fetch it again, or rename it if it is plain text`,
  )
}

/** An archive is one frame or several in a row (members, in the words of gzip), and all of them count. */
async function* decompress(path: string, compression: Compression, head: Uint8Array, rest: Bytes): Bytes {
  let frame = new ArchiveFrame(compression)
  try {
    for await (const chunk of startingWith(head, rest)) {
      for (let at = 0; at < chunk.length; ) {
        if (frame.ended) {
          if (compression === 'gzip' && chunk[at] === 0) {
            at++ // tapes and block devices pad with zeros
            continue
          }
          frame = new ArchiveFrame(compression)
        }
        at += await frame.write(chunk.subarray(at, at + SLICE_BYTES))
        yield* frame.takeOutput()
        if (frame.failure) throw broken(path, compression, frame.failure)
      }
    }
    if (frame.ended) return
    await frame.finish()
    yield* frame.takeOutput()
    if (frame.failure) throw broken(path, compression, frame.failure)
  } finally {
    frame.discard()
  }
}

function broken(path: string, compression: Compression, error: NodeJS.ErrnoException): UnreadableFile {
  const what = error.code === 'Z_BUF_ERROR' ? 'is cut short' : 'is damaged'
  return new UnreadableFile(path, `the ${compression} archive ${what} (${error.message}); fetch it again`, error)
}
