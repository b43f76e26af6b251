import { readFileSync } from 'node:fs'
import { gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { decompress, MOST_BYTES, registerKafkajsCodecs, UnreadableBatch } from '../../consumer/log/kafka/codecs.ts'
import { framedSnappy, lz4Frame, scrambled, varint } from './kafka-compressed.ts'

const [GZIP, SNAPPY, LZ4, ZSTD] = [1, 2, 3, 4]

const CLICKS = [
  { event_id: 'e-1', user_id: 7, page: '/', action: 'view', duration: 4.25, timestamp: 1760000000.5 },
  { event_id: 'e-2', user_id: 7, page: '/product/17', action: 'click', duration: 1.75, timestamp: 1760000004.25 },
  { event_id: 'e-3', user_id: 8, page: '/cart', action: 'add_to_cart', duration: 0.5, timestamp: 1760000009.125 },
  {
    event_id: 'e-4',
    user_id: 8,
    page: `/${'a/'.repeat(35_000)}`,
    action: 'view',
    duration: 0.5,
    timestamp: 1760000010.5,
  },
].map((click) => JSON.stringify(click))

const BATCHES = ['java', 'librdkafka'].flatMap((client) =>
  (
    [
      ['gzip', GZIP],
      ['snappy', SNAPPY],
      ['lz4', LZ4],
      ['zstd', ZSTD],
    ] as const
  ).map(([name, codec]) => ({ client, name, codec: codec as number })),
)

const fixture = (file: string): Buffer => readFileSync(new URL(`../fixtures/codecs/${file}`, import.meta.url))

/** What a batch's header says of its codec, and its records, still compressed. */
function batchOf(client: string, name: string): { codec: number; records: Buffer } {
  const batch = fixture(`${client}-${name}.batch`)
  return { codec: batch.readInt16BE(21) & 7, records: batch.subarray(61) }
}

/** The values of decompressed records, each of which is its length, a byte, two deltas, a key and the value. */
function valuesOf(records: Uint8Array): string[] {
  const values: string[] = []
  let at = 0
  const number = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = records[at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return (value >>> 1) ^ -(value & 1)
    }
  }
  while (at < records.length) {
    const end = number() + at
    at++
    number()
    number()
    const key = number()
    at += Math.max(key, 0)
    const length = number()
    values.push(Buffer.from(records.subarray(at, at + length)).toString())
    at = end
  }
  return values
}

const linkedChecked = fixture('linked-checked.lz4')

test.each(BATCHES)('a batch of $client with $name is read', async ({ client, name, codec }) => {
  const batch = batchOf(client, name)
  expect(batch.codec).toBe(codec)
  expect(valuesOf(await decompress(batch.codec, batch.records))).toEqual(CLICKS)
})

test('the Java client frames its snappy blocks, librdkafka does not', () => {
  const starts = ['java', 'librdkafka'].map((client) => batchOf(client, 'snappy').records.toString('latin1', 1, 7))
  expect(starts).toEqual(['SNAPPY', expect.not.stringMatching('SNAPPY')])
})

test('an LZ4 frame with linked blocks and every checksum is read', async () => {
  expect(Buffer.from(await decompress(LZ4, linkedChecked)).toString()).toBe(`${CLICKS.join('\n')}\n`)
})

test.each([
  ['gzip', GZIP, gzipSync],
  ['zstd', ZSTD, zstdCompressSync],
] as const)('%s is read whether it is small or large', async (_, codec, compress) => {
  for (const size of [0, 1, 200_000]) {
    const plain = Uint8Array.from(scrambled(size, 3))
    expect(Buffer.from(await decompress(codec, compress(plain))).equals(plain)).toBe(true)
  }
})

test.each([
  ['gzip members', GZIP, gzipSync],
  ['zstd frames', ZSTD, zstdCompressSync],
] as const)('%s one behind the other are all read', async (_, codec, compress) => {
  const parts = [100_000, 10, 200_000].map((size) => Uint8Array.from(scrambled(size, size)))
  const whole = await decompress(codec, Buffer.concat(parts.map((part) => compress(part))))
  expect(Buffer.from(whole).equals(Buffer.concat(parts))).toBe(true)
})

test('records that are not compressed are left alone', async () => {
  const records = Uint8Array.of(1, 2, 3)
  expect(await decompress(0, records)).toBe(records)
})

test.each([5, 6, 7])('codec %i is refused by its number', async (codec) => {
  const refusal = decompress(codec, Uint8Array.of(1))
  await expect(refusal).rejects.toThrow(UnreadableBatch)
  await expect(refusal).rejects.toThrow(`codec ${codec} is none of none, gzip, snappy, lz4, zstd`)
})

const COMPRESSED = [
  ...BATCHES.map(({ client, name, codec }) => ({
    what: `${client}-${name}`,
    codec,
    bytes: batchOf(client, name).records,
  })),
  { what: 'linked-checked-lz4', codec: LZ4, bytes: linkedChecked },
]

test.each(COMPRESSED)('$what that is cut short is refused', async ({ what, codec, bytes }) => {
  const read: number[] = []
  for (let length = 1; length < bytes.length; length++) {
    const outcome = await outcomeOf(codec, bytes.subarray(0, length))
    if (outcome instanceof UnreadableBatch) expect(outcome.message).toMatch(/^(gzip|snappy|lz4|zstd): ./)
    else read.push(length)
  }
  // snappy-java's framing does not say how many blocks there are: between two of them only the record count tells.
  expect(read).toEqual(what === 'java-snappy' ? blockEnds(bytes) : [])
})

test.each([GZIP, SNAPPY, LZ4, ZSTD])('nothing at all is refused as codec %i', async (codec) => {
  await expect(decompress(codec, new Uint8Array(0))).rejects.toThrow(UnreadableBatch)
})

function blockEnds(framed: Buffer): number[] {
  const ends: number[] = []
  for (let at = 16; at < framed.length; at += 4 + framed.readInt32BE(at)) ends.push(at)
  return ends
}

test('an LZ4 frame with checksums is refused whichever byte is damaged', async () => {
  for (let at = 0; at < linkedChecked.length; at++) {
    const damaged = Buffer.from(linkedChecked)
    damaged[at]! ^= 1 << (at % 8)
    expect(await outcomeOf(LZ4, damaged), `byte ${at}`).toBeInstanceOf(UnreadableBatch)
  }
})

test.each(COMPRESSED)('damage in $what ends in bytes or in a refusal', async ({ codec, bytes }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1 }), async (damages) => {
      const damaged = Buffer.from(bytes)
      for (const [at, byte] of damages) damaged[at] = byte
      await outcomeOf(codec, damaged)
    }),
  )
})

/** Bytes, or the refusal. An error with neither code nor plain class is a mistake of the decoder, and fails the test. */
async function outcomeOf(codec: number, bytes: Uint8Array): Promise<Uint8Array | UnreadableBatch> {
  try {
    return await decompress(codec, bytes)
  } catch (error) {
    const { cause } = error as UnreadableBatch
    if (error instanceof UnreadableBatch && cause instanceof Error && ('code' in cause || cause.constructor === Error))
      return error
    throw error
  }
}

/** A frame of so many bytes: zeros but for its beginning. */
function zstdFrame(length: number, beginning: readonly number[] = []): Uint8Array {
  const plain = new Uint8Array(length)
  plain.set(beginning)
  return zstdCompressSync(plain)
}

const BOMBS: readonly [string, string, number, () => Uint8Array][] = [
  ['gzip', 'in several members', GZIP, gzipBomb],
  ['zstd', 'in a small frame', ZSTD, () => zstdFrame(MOST_BYTES + 1)],
  ['zstd', 'in a large frame', ZSTD, () => zstdFrame(MOST_BYTES + 1, scrambled(100_000, 1))],
  ['zstd', 'in its second frame', ZSTD, () => Buffer.concat([1, MOST_BYTES].map((size) => zstdFrame(size)))],
  ['zstd', 'in its third frame', ZSTD, () => Buffer.concat([1, MOST_BYTES - 1, 1].map((size) => zstdFrame(size)))],
  ['lz4', 'in many blocks', LZ4, lz4Bomb],
  ['snappy', 'in one block', SNAPPY, () => Uint8Array.from([...varint(MOST_BYTES + 1), 0, 0])],
  ['snappy', 'with its last block', SNAPPY, () => framedSnappy([varint(MOST_BYTES), [1, 0, 0]])],
]

test.each(BOMBS)('%s that becomes more than the bound %s is refused', async (name, _, codec, bomb) => {
  const refusal = new UnreadableBatch(`${name}: it becomes more than ${MOST_BYTES} bytes`)
  await expect(decompress(codec, bomb())).rejects.toThrow(refusal)
})

function gzipBomb(): Uint8Array {
  const member = gzipSync(new Uint8Array(MOST_BYTES / 4))
  return Buffer.concat([member, member, member, member, member])
}

/** One byte over and over, as many as a block can hold. */
const FULL_BLOCK = { literals: 1, seed: 0, back: 1, copy: 4 * 1024 * 1024 - 6 }

/** 65 blocks of 4 MiB. */
function lz4Bomb(): Uint8Array {
  const options = { linked: false, blockChecksums: false, contentChecksum: false, contentBytes: false }
  const { bytes } = lz4Frame([{ steps: [FULL_BLOCK], stored: false }], options)
  const [header, block, end] = [bytes.slice(0, 7), bytes.slice(7, -4), bytes.slice(-4)].map((part) => Buffer.from(part))
  return Buffer.concat([header!, ...Array<Buffer>(65).fill(block!), end!])
}

test('kafkajs writes zstd, and reads what it wrote', async () => {
  registerKafkajsCodecs()
  const { CompressionCodecs, CompressionTypes } = kafkajs
  const codec = CompressionCodecs[CompressionTypes.ZSTD]()
  const plain = Buffer.from(CLICKS[0]!)
  const written = await codec.compress({ buffer: plain })
  expect(zstdDecompressSync(written)).toEqual(plain)
  expect(await codec.decompress(written)).toEqual(plain)
})

test.each([
  ['snappy', kafkajs.CompressionTypes.Snappy],
  ['lz4', kafkajs.CompressionTypes.LZ4],
] as const)('kafkajs reads %s and refuses to write it', async (name, codec) => {
  registerKafkajsCodecs()
  const { decompress, compress } = kafkajs.CompressionCodecs[codec]()
  expect(valuesOf(await decompress(batchOf('java', name).records))).toEqual(CLICKS)
  await expect(compress({ buffer: Buffer.from('click') })).rejects.toThrow(`${name} is only read here`)
})
