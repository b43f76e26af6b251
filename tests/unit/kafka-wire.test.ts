import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { int64At, WireReader, WireWriter } from '../../consumer/log/kafka/wire.ts'

/** kafkajs's own, as far as it writes and reads the same kinds of fields. */
interface KafkajsEncoder {
  readonly buffer: Buffer
  writeInt8(value: number): this
  writeInt32(value: number): this
  writeInt64(value: bigint): this
  writeString(text: string): this
  writeUVarIntString(text: string): this
  writeUVarInt(value: number): this
}
interface KafkajsDecoder {
  readInt8(): number
  readInt32(): number
  readInt64(): bigint
  readString(): string
  readUVarIntString(): string
  readUVarInt(): number
}

const require = createRequire(import.meta.url)
const Encoder: new () => KafkajsEncoder = require('kafkajs/src/protocol/encoder')
const Decoder: new (bytes: Buffer) => KafkajsDecoder = require('kafkajs/src/protocol/decoder')

type Field =
  | { kind: 'int8' | 'int32' | 'int64' | 'varint'; value: number }
  | { kind: 'string' | 'compactString'; value: string }

const MOST_INT32 = 2 ** 31 - 1

const numbers = <Kind extends string>(kind: Kind, min: number, max: number) =>
  fc.record({ kind: fc.constant(kind), value: fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max)) })
const texts = <Kind extends string>(kind: Kind) =>
  fc.record({ kind: fc.constant(kind), value: fc.string({ unit: 'grapheme', maxLength: 200 }) })

const someFields: fc.Arbitrary<Field[]> = fc.array(
  fc.oneof(
    numbers('int8', -128, 127),
    numbers('int32', -MOST_INT32 - 1, MOST_INT32),
    numbers('int64', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    numbers('varint', 0, MOST_INT32),
    texts('string'),
    texts('compactString'),
  ),
)

function written(fields: readonly Field[]): Buffer {
  const writer = new WireWriter()
  for (const { kind, value } of fields) (writer[kind] as (value: Field['value']) => unknown).call(writer, value)
  return writer.bytes
}

const readBack = (bytes: Buffer, fields: readonly Field[]): unknown[] => {
  const reader = new WireReader(bytes)
  return fields.map(({ kind }) => reader[kind]())
}

function writtenByKafkajs(fields: readonly Field[]): Buffer {
  const encoder = new Encoder()
  for (const { kind, value } of fields) {
    if (typeof value === 'string') {
      if (kind === 'string') encoder.writeString(value)
      else encoder.writeUVarIntString(value)
    } else if (kind === 'int8') encoder.writeInt8(value)
    else if (kind === 'int32') encoder.writeInt32(value)
    else if (kind === 'int64') encoder.writeInt64(BigInt(value))
    else encoder.writeUVarInt(value)
  }
  return encoder.buffer
}

function readByKafkajs(bytes: Buffer, fields: readonly Field[]): unknown[] {
  const decoder = new Decoder(bytes)
  return fields.map(({ kind }) => {
    if (kind === 'int8') return decoder.readInt8()
    if (kind === 'int32') return decoder.readInt32()
    if (kind === 'int64') return Number(decoder.readInt64())
    if (kind === 'varint') return decoder.readUVarInt()
    return kind === 'string' ? decoder.readString() : decoder.readUVarIntString()
  })
}

test('any fields are the bytes that kafkajs makes of them, and are read back from each other’s', () => {
  fc.assert(
    fc.property(someFields, (fields) => {
      const values = fields.map(({ value }) => value)
      const bytes = written(fields)
      expect(bytes.equals(writtenByKafkajs(fields))).toBe(true)
      expect(readByKafkajs(bytes, fields)).toStrictEqual(values)
      expect(readBack(bytes, fields)).toStrictEqual(values)
    }),
  )
})

test('what is cut off is never read as something else', () => {
  fc.assert(
    fc.property(someFields, fc.nat(), (fields, cut) => {
      const bytes = written(fields)
      if (bytes.length === 0) return
      expect(() => readBack(bytes.subarray(0, cut % bytes.length), fields)).toThrow(RangeError)
    }),
  )
})

describe('a reader', () => {
  test.each([
    ['two bytes', Buffer.of(0xff, 0xff)],
    ['one byte', Buffer.of(0x00)],
  ])('takes a length below zero, in %s, for a text that is not there', (_, bytes) => {
    const reader = new WireReader(bytes)
    expect(bytes.length === 2 ? reader.string() : reader.compactString()).toBeUndefined()
  })

  test.each([
    ['compactArray', 'null', [0], []],
    ['compactArray', 'empty', [1], []],
    ['compactArray', 'of two', [3, 7, 8], [7, 8]],
    ['array', 'null', [0xff, 0xff, 0xff, 0xff], []],
    ['array', 'empty', [0, 0, 0, 0], []],
    ['array', 'of two', [0, 0, 0, 2, 7, 8], [7, 8]],
  ] as const)('reads a %s that is %s', (kind, _, bytes, items) => {
    const reader = new WireReader(Buffer.from(bytes))
    expect(reader[kind](() => reader.int8())).toEqual(items)
    expect(reader.at).toBe(bytes.length)
  })

  test('stops at the end however long an array claims to be', () => {
    const reader = new WireReader(Buffer.of(0x7f, 0xff, 0xff, 0xff, 1, 2, 3))
    expect(() => reader.array(() => reader.int8())).toThrow(RangeError)
  })

  test('passes over optional fields it knows nothing of', () => {
    const reader = new WireReader(Buffer.of(2, 0, 1, 0xaa, 5, 3, 1, 2, 3, 42))
    reader.tags()
    expect(reader.int8()).toBe(42)
  })

  test('refuses a length that goes on beyond five bytes', () => {
    const reader = new WireReader(Buffer.alloc(12, 0xff))
    expect(() => reader.varint()).toThrow('a length has more than five bytes')
  })

  test('gives ids and slices as views of what came', () => {
    const bytes = Buffer.from(Array.from({ length: 20 }, (_, index) => index))
    const reader = new WireReader(bytes)
    reader.int32()
    expect(reader.uuid()).toEqual(bytes.subarray(4))
    expect(reader.at).toBe(20)
  })
})

test('a text too long for its kind is refused, not cut', () => {
  expect(() => new WireWriter().string('x'.repeat(32_768))).toThrow(RangeError)
})

test('no optional fields are one zero byte', () => {
  expect([...new WireWriter().noTags().bytes]).toEqual([0])
})

test.each([
  0,
  1,
  -1,
  2 ** 32 - 1,
  2 ** 32,
  -(2 ** 32),
  2 ** 52 + 1,
  -(2 ** 52) - 1,
])('%d is read out of eight bytes', (value) => {
  const bytes = Buffer.alloc(9)
  bytes.writeBigInt64BE(BigInt(value), 1)
  expect(int64At(bytes, 1)).toBe(value)
})
