import { readFileSync } from 'node:fs'
import { gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { decompress, MOST_BYTES, registerKafkajsCodecs, UnreadableBatch } from '../../consumer/log/kafka/codecs.ts'
import { uncompressLz4 } from '../../consumer/log/kafka/lz4.ts'
import { uncompressSnappy } from '../../consumer/log/kafka/snappy.ts'
import {
  framedSnappy,
  lz4Frame,
  scrambled,
  snappyBlock,
  someFrameOptions,
  someSteps,
  varint,
} from './kafka-compressed.ts'

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

test('records that are not compressed are left alone', async () => {
  const records = Uint8Array.of(1, 2, 3)
  expect(await decompress(0, records)).toBe(records)
})

test.each([5, 6, 7])('codec %i is refused by its number', async (codec) => {
  const refusal = decompress(codec, Uint8Array.of(1))
  await expect(refusal).rejects.toThrow(UnreadableBatch)
  await expect(refusal).rejects.toThrow(`codec ${codec} is none of none, gzip, snappy, lz4, zstd`)
})

test.each(BATCHES)('a batch of $client with $name that is cut short is refused', async ({ client, name, codec }) => {
  const { records } = batchOf(client, name)
  const read: number[] = []
  for (let length = 0; length < records.length; length++) {
    const outcome = await outcomeOf(codec, records.subarray(0, length))
    if (outcome instanceof UnreadableBatch) expect(outcome.message).toMatch(`${name}: `)
    else read.push(length)
  }
  // snappy-java's framing does not say how many blocks there are: between two of them only the record count tells.
  expect(read).toEqual(client === 'java' && name === 'snappy' ? blockEnds(records) : [])
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

test.each(BATCHES)('damage in a batch of $client with $name ends in bytes or in a refusal', async (batch) => {
  const { records } = batchOf(batch.client, batch.name)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(records.length - 1), fc.nat(255)), { minLength: 1 }), async (damages) => {
      const damaged = Buffer.from(records)
      for (const [at, byte] of damages) damaged[at] = byte
      await outcomeOf(batch.codec, damaged)
    }),
  )
})

/** Bytes, or the refusal; anything else thrown fails the test. */
async function outcomeOf(codec: number, bytes: Uint8Array): Promise<Uint8Array | UnreadableBatch> {
  try {
    return await decompress(codec, bytes)
  } catch (error) {
    if (error instanceof UnreadableBatch && !(error.cause instanceof TypeError)) return error
    throw error
  }
}

/** As many zeros as five times 64 MiB, more than the bound. */
const zeros = (compress: (bytes: Uint8Array) => Uint8Array): Uint8Array =>
  Buffer.concat(Array<Uint8Array>(5).fill(compress(new Uint8Array(64 * 1024 * 1024))))

/** A block of 4 MiB: a zero, 4 MiB less 6 copies of it and the one literal that ends it. */
const MOST_OF_A_BLOCK = { literals: 1, seed: 0, back: 1, copy: 4 * 1024 * 1024 - 6 }

const PLAIN_FRAME = { linked: false, blockChecksums: false, contentChecksum: false, contentBytes: false }

test.each([
  ['gzip', GZIP, () => zeros(gzipSync)],
  ['zstd', ZSTD, () => zeros(zstdCompressSync)],
  ['lz4', LZ4, lz4Bomb],
  ['snappy', SNAPPY, () => Uint8Array.from([...varint(MOST_BYTES + 1), 0, 0])],
  [
    'snappy',
    SNAPPY,
    () =>
      framedSnappy([
        [...varint(MOST_BYTES), 0, 0],
        [1, 0, 0],
      ]),
  ],
] as const)('%s (codec %i) that becomes more than the bound is refused', async (name, codec, bomb) => {
  await expect(decompress(codec, bomb())).rejects.toThrow(
    new UnreadableBatch(`${name}: it becomes more than ${MOST_BYTES} bytes`),
  )
})

/** 65 blocks of 4 MiB. */
function lz4Bomb(): Uint8Array {
  const { bytes } = lz4Frame([{ steps: [MOST_OF_A_BLOCK], stored: false }], PLAIN_FRAME)
  const [header, block, end] = [bytes.slice(0, 7), bytes.slice(7, -4), bytes.slice(-4)].map((part) => Buffer.from(part))
  return Buffer.concat([header!, ...Array<Buffer>(65).fill(block!), end!])
}

const aFrame = fc
  .tuple(fc.array(fc.record({ steps: someSteps, stored: fc.boolean() }), { maxLength: 3 }), someFrameOptions)
  .map(([blocks, options]) => lz4Frame(blocks, options))

const aRawSnappy = someSteps.map(snappyBlock)

const aFramedSnappy = fc.array(aRawSnappy, { maxLength: 3 }).map((blocks) => ({
  bytes: framedSnappy(blocks.map(({ bytes }) => bytes)),
  plain: blocks.flatMap(({ plain }) => plain),
}))

const DECODERS = [
  ['an LZ4 frame', uncompressLz4, aFrame],
  ['a raw snappy block', uncompressSnappy, aRawSnappy],
  ['framed snappy', uncompressSnappy, aFramedSnappy],
] as const

test.each(
  DECODERS,
)('%s becomes what it was made of, and its very length is bound enough', (_, uncompress, compressed) => {
  fc.assert(
    fc.property(compressed, ({ bytes, plain }) => {
      const input = Uint8Array.from(bytes)
      expect(Buffer.from(uncompress(input, plain.length)).equals(Uint8Array.from(plain))).toBe(true)
      if (plain.length > 0) expect(() => uncompress(input, plain.length - 1)).toThrow('becomes more than')
    }),
  )
})

test.each(
  DECODERS,
)('%s that is damaged ends in no more than the bound, or in a refusal', (_, uncompress, compressed) => {
  fc.assert(
    fc.property(
      compressed,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      ({ bytes, plain }, damages) => {
        const damaged = Uint8Array.from(bytes)
        for (const [at, byte] of damages) damaged[at % damaged.length] = byte
        const most = plain.length + 100
        const outcome = outcomeAtOnce(() => uncompress(damaged, most))
        if (outcome !== 'refused') expect(outcome.length).toBeLessThanOrEqual(most)
      },
    ),
  )
})

/** A refusal is a plain Error; a TypeError or RangeError is a mistake of the decoder. */
function outcomeAtOnce(uncompress: () => Uint8Array): Uint8Array | 'refused' {
  try {
    return uncompress()
  } catch (error) {
    if ((error as Error).constructor !== Error) throw error
    return 'refused'
  }
}

test('kafkajs writes zstd, and reads what it wrote', async () => {
  registerKafkajsCodecs()
  const { CompressionCodecs, CompressionTypes } = kafkajs
  const codec = CompressionCodecs[CompressionTypes.ZSTD]()
  const plain = Buffer.from(CLICKS.join())
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
