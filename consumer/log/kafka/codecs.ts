import { promisify } from 'node:util'
import {
  gunzip,
  gunzipSync,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'
import kafkajs from 'kafkajs'
import { uncompressLz4 } from './lz4.ts'
import { uncompressSnappy } from './snappy.ts'

/** A codec's place here is its number in the attributes of a record batch. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CodecName = (typeof CODECS)[number]

/** No batch may become more: without a bound, a few kilobytes made for it fill the memory. */
export const MOST_BYTES = 256 * 1024 * 1024

const TOO_MUCH = `it becomes more than ${MOST_BYTES} bytes`

/** Up to here zlib runs at once, for about a millisecond: through its threads such a batch takes up to twice the CPU. */
const AT_ONCE_BYTES = 64 * 1024
/** Output is returned in steps as large as measured fastest; with threads each is a wait. */
const AT_ONCE = { chunkSize: 64 * 1024, maxOutputLength: MOST_BYTES }
const IN_THREADS = { chunkSize: 1024 * 1024, maxOutputLength: MOST_BYTES }

const gunzipInThreads = promisify(gunzip)
const zstdDecompressInThreads = promisify(zstdDecompress)
const zstdCompressInThreads = promisify(zstdCompress)

const DECOMPRESS: Readonly<Record<CodecName, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => (bytes.length <= AT_ONCE_BYTES ? gunzipSync(bytes, AT_ONCE) : gunzipInThreads(bytes, IN_THREADS)),
  snappy: (bytes) => uncompressSnappy(bytes, MOST_BYTES),
  lz4: (bytes) => uncompressLz4(bytes, MOST_BYTES),
  zstd: uncompressZstd,
}

/** Node may stop behind a frame and says nothing of the next, which is as much part of the data. */
async function uncompressZstd(bytes: Uint8Array): Promise<Uint8Array> {
  const frames: Uint8Array[] = []
  let length = 0
  let at = 0
  do {
    const rest = at === 0 ? bytes : bytes.subarray(at)
    if (length === MOST_BYTES) throw new Error(TOO_MUCH)
    const options = { maxOutputLength: MOST_BYTES - length, info: true }
    const outcome: unknown =
      rest.length <= AT_ONCE_BYTES
        ? zstdDecompressSync(rest, { ...AT_ONCE, ...options })
        : await zstdDecompressInThreads(rest, { ...IN_THREADS, ...options })
    const { buffer, engine } = outcome as { buffer: Uint8Array; engine: { bytesWritten: number } }
    frames.push(buffer)
    length += buffer.length
    at += engine.bytesWritten
  } while (at < bytes.length)
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames)
}

/** A record batch that cannot be decompressed or decoded. The message says what is wrong with it. */
export class UnreadableBatch extends Error {
  constructor(problem: string, cause?: unknown) {
    super(problem, { cause })
    this.name = 'UnreadableBatch'
  }
}

/**
 * Decompresses the records of one batch. The result may be `bytes` itself.
 * @param codec Its number in the batch's attributes.
 * @throws {UnreadableBatch} naming the codec: it is unknown, the data is damaged, or becomes more than MOST_BYTES.
 */
export async function decompress(codec: number, bytes: Uint8Array): Promise<Uint8Array> {
  const name = CODECS[codec]
  if (name === undefined)
    throw new UnreadableBatch(
      `compression codec ${codec} is none of ${CODECS.join(', ')}; ` +
        'with compression.type=zstd on the topic, the brokers write what comes next with that',
    )
  try {
    const decompressed = await DECOMPRESS[name](bytes)
    return decompressed === bytes ? bytes : withoutRoom(decompressed)
  } catch (error) {
    throw new UnreadableBatch(`${name}: ${faultOf(error)}`, error)
  }
}

/** A reader holds thousands of small batches at a time: each would keep the whole step that zlib wrote it to. */
const withoutRoom = (bytes: Uint8Array): Uint8Array =>
  bytes.length * 2 < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes

function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE' ? TOO_MUCH : error.message
}

/** The encoder of kafkajs, of which only what it holds matters here. */
interface Encoder {
  readonly buffer: Buffer
}

/** Teaches kafkajs, which knows gzip alone, to write zstd and to read the rest. Calling it again changes nothing. */
export function registerKafkajsCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.Snappy] = () => kafkajsCodec('snappy', readOnly('snappy'))
  CompressionCodecs[CompressionTypes.LZ4] = () => kafkajsCodec('lz4', readOnly('lz4'))
  CompressionCodecs[CompressionTypes.ZSTD] = () => kafkajsCodec('zstd', zstdCompressed)
}

const zstdCompressed = async (bytes: Buffer): Promise<Buffer> =>
  bytes.length <= AT_ONCE_BYTES ? zstdCompressSync(bytes, roomFor(bytes)) : zstdCompressInThreads(bytes, roomFor(bytes))

/** The longest it can become. Left alone, zstd takes 128 KiB for each batch, and small batches fill the memory with that. */
const roomFor = ({ length }: Buffer): ZstdOptions => ({ chunkSize: length + (length >> 8) + 512 })

const readOnly = (name: CodecName) => (): Promise<Buffer> =>
  Promise.reject(new Error(`${name} is only read here; write with zstd or gzip`))

const kafkajsCodec = (name: CodecName, compress: (bytes: Buffer) => Promise<Buffer>) => ({
  compress: ({ buffer }: Encoder): Promise<Buffer> => compress(buffer),
  decompress: async (bytes: Buffer): Promise<Buffer> => {
    const { buffer, byteOffset, byteLength } = await decompress(CODECS.indexOf(name), bytes)
    return Buffer.from(buffer, byteOffset, byteLength)
  },
})
