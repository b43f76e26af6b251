import { AUTO_RECOGNITION, BUILT_IN_DIALECTS } from '../../consumer/contract/dialects.ts'
import type { Random } from '../random.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const QUOTE = 0x22
/** Begins no character of UTF-8. */
const NO_UTF8 = 0xff

/** What clients, proxies and log shippers have been seen to send in place of a JSON text. */
const BAD_SHAPES: readonly ((value: Uint8Array) => Uint8Array)[] = [
  (value) => encoder.encode(decoder.decode(value).replaceAll(/"(\w+)":/g, '$1:')),
  (value) => encoder.encode(`${decoder.decode(value).slice(0, -1)},}`),
  () => encoder.encode('upstream connect error or disconnect before headers'),
  () => encoder.encode('{'),
  withForeignByte,
]

/** Bytes that are no JSON text. Of the shapes, one is an object with a byte that is not UTF-8 inside a string. */
export const asBadJson = (value: Uint8Array, random: Random): Uint8Array =>
  BAD_SHAPES[random.below(BAD_SHAPES.length)]!(value)

/** Cut off behind a byte chosen at random: never empty, never whole. */
export const truncated = (value: Uint8Array, random: Random): Uint8Array =>
  value.slice(0, 1 + random.below(value.length - 1))

/** Every event has these, and in every built-in dialect they stand at the top of the record. */
const WRONG_TYPES: readonly (readonly [field: 'userId' | 'type' | 'time', value: unknown])[] = [
  ['userId', ['4711']],
  ['userId', { id: 4711 }],
  ['userId', null],
  ['type', 7],
  ['type', ['view']],
  ['time', { seconds: 0 }],
  ['time', 'yesterday'],
]

/** Valid JSON of a built-in dialect in which one required field has a type it cannot have. */
export function withWrongType(value: Uint8Array, random: Random): Uint8Array {
  const record: Record<string, unknown> = JSON.parse(decoder.decode(value))
  const [, dialect] = AUTO_RECOGNITION.find(([key]) => key in record)!
  const [field, impossible] = WRONG_TYPES[random.below(WRONG_TYPES.length)]!
  record[BUILT_IN_DIALECTS[dialect].fields[field]] = impossible
  return encoder.encode(JSON.stringify(record))
}

/** The last quote of an object closes a string: before it is inside. */
function withForeignByte(value: Uint8Array): Uint8Array {
  const at = value.lastIndexOf(QUOTE)
  const damaged = new Uint8Array(value.length + 1)
  damaged.set(value.subarray(0, at))
  damaged[at] = NO_UTF8
  damaged.set(value.subarray(at), at + 1)
  return damaged
}
