import type { Random } from '../../producer/random.ts'
import { FIELD_KEYS, type Members, objectText, oneOf } from './sound-records.ts'

/** Where a value may stand in a record, mostly wrong for any field. */
const VALUES = [
  ...['null', 'true', 'false', '[]', '{}', '[1]', '[[[]]]', '{"page":"/x"}', '""', '" "', '"7"', '"-7"', '"1e3"'],
  ...['0', '-0', '-7', '0.5', '1e3', '1E-3', '1e400', '-1e400', '12345678901234567890', '9007199254740993'],
  ...['"NaN"', '"Infinity"', '"19.99"', '-0.01', '-19.99', '"-5"', '1e-9', '"EURO"', '"É12"', '"toString"'],
  ...['"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"\\u202e"', '"\\ud83d\\uded2"', '"\\n\\r\\t"', '"\\"}]\\\\"'],
  ...['"2024-02-30"', '"2024-05-01T24:00:00Z"', '"2024-05-01T23:59:60Z"', '"01.05.2024"', '"Wed, 01 May 2024"'],
  ...['"2024-05-01T10:00:00+99:00"', '"0000-00-00"', '"2099-12-31T23:59:59Z"', '"9999-12-31T23:59:59Z"'],
  ...['1714557600000', '1714557600000000', '1714557600000000000', '-1714557600', '4102444799', '4102444800', '1e18'],
  ...['"__proto__"', '"constructor"', '"\\u003cscript\\u003e"', '"\'; DROP TABLE log; --"', '"%00%0a../../etc"'],
]

/** What JSON has no place for, while its quotes and brackets still close: it may not take its neighbours with it. */
const BROKEN_VALUES = [
  ...['', 'tru', 'nul', 'NaN', 'undefined', '01', '+1', '.5', '1.', '1e', '--1', '0x10', "'x'", '1 2', '"a" "b"'],
  ...['"\\x41"', '"\\u12g4"', '"\\u12"', '[1,]', '[,]', '{"a"}', '{"a":}', '{,}', '{a:1}', '{1:2}', '"\u0001"'],
]

const ODD_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  '',
  ' ',
  '\\u0000',
  '\\ud800',
  'event_id ',
  'USER_ID',
  '$ref',
]

const BALANCED = { '[': ']', '{': '}' } as const

/** Bytes that are no UTF-8 inside a string: a stray continuation, a cut sequence, an overlong one, a surrogate, Latin-1. */
const NOT_UTF8 = [[0x80], [0xe2, 0x82], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe9], [0xf5, 0x80, 0x80, 0x80], [0xff]]

type Change = (random: Random, members: Members) => string | Uint8Array

const at = (random: Random, members: Members): number => random.below(members.length)
const withMember = (random: Random, members: Members, key: string, value: string): string =>
  objectText(members.toSpliced(random.below(members.length + 1), 0, [key, value]))
const withValue = (random: Random, members: Members, value: string): string => {
  const place = at(random, members)
  return objectText(members.with(place, [members[place]![0], value]))
}

function nested(random: Random, depth: number): string {
  const opening = oneOf(random, ['[', '{"a":'] as const)
  const closing = BALANCED[opening[0] as keyof typeof BALANCED]
  return opening.repeat(depth) + (opening === '[' ? '' : '1') + closing.repeat(depth)
}

function withForeignBytes(random: Random, members: Members): Uint8Array {
  const text = withMember(random, members, 'note', '"~"')
  const [before, after] = text.split('"~"') as [string, string]
  return Buffer.concat([Buffer.from(`${before}"`), Uint8Array.from(oneOf(random, NOT_UTF8)), Buffer.from(`"${after}`)])
}

const CHANGES: Readonly<Record<string, Change>> = {
  'one value is another': (random, members) => withValue(random, members, oneOf(random, VALUES)),
  'a key comes twice': (random, members) =>
    withMember(random, members, oneOf(random, FIELD_KEYS), oneOf(random, VALUES)),
  'a member is missing': (random, members) => objectText(members.toSpliced(at(random, members), 1)),
  'other order': (random, members) => {
    const place = at(random, members)
    return objectText([...members.slice(place), ...members.slice(0, place)])
  },
  'odd key': (random, members) => withMember(random, members, oneOf(random, ODD_KEYS), oneOf(random, VALUES)),
  'very long key': (random, members) => withMember(random, members, 'k'.repeat(5_000), '1'),
  'very long text': (random, members) => withValue(random, members, `"${'x'.repeat(9_000)}"`),
  'very long number': (random, members) => withValue(random, members, '7'.repeat(1 + random.below(400))),
  'deep inside': (random, members) => withMember(random, members, 'deep', nested(random, 55 + random.below(200))),
  'not JSON inside': (random, members) => withValue(random, members, oneOf(random, BROKEN_VALUES)),
  'a comma too many': (_random, members) => objectText(members).replace('}', ',}'),
  'not UTF-8': withForeignBytes,
  'array of it': (_random, members) => `[${objectText(members)}]`,
  'text of it': (_random, members) => JSON.stringify(objectText(members)),
  'no object': (random) => oneOf(random, ['null', '7', '-0.5e-7', '"text"', 'true', '[]', '{}', '""']),
  'blanks everywhere': (_random, members) => objectText(members).replaceAll(',', ' \t,\t '),
}

export const RECORD_CHANGES = Object.keys(CHANGES)

/** A record in which one thing is not as it should be. Its quotes and brackets close, and it holds no line break. */
export const hostileRecord = (random: Random, members: Members): Buffer =>
  Buffer.from(CHANGES[oneOf(random, RECORD_CHANGES)]!(random, members))

/** Whether JSON.parse takes it, and makes an object of it. */
export function isJsonObject(record: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(record))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

type Damage = (bytes: Buffer, place: number, byte: number) => Buffer

const DAMAGES: readonly Damage[] = [
  (bytes, place) => bytes.subarray(0, place),
  (bytes, place) => bytes.subarray(place),
  (bytes, place, byte) => Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), bytes.subarray(place + 1)]),
  (bytes, place, byte) => Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), bytes.subarray(place)]),
  (bytes, place, byte) => Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1 + (byte % 40))]),
  (bytes, place, byte) => Buffer.concat([bytes.subarray(0, place), bytes.subarray(Math.max(0, place - byte))]),
  (bytes, place) => Buffer.concat([bytes.subarray(place), bytes.subarray(0, place)]),
  (bytes) => Buffer.concat([bytes, bytes]),
  (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'),
]

/** Bytes of structure come more often: they change what the rest means. */
const BYTES = [...Buffer.from('"{}[]:,\\\n\r 0-'), 0x00, 0x80, 0xc3, 0xef, 0xff]

/** The same bytes cut, flipped, doubled, shortened, turned round. */
export function damaged(random: Random, bytes: Buffer): Buffer {
  let result = bytes
  for (let left = 1 + random.below(3); left > 0 && result.length > 0; left--) {
    const byte = random.below(3) === 0 ? random.below(256) : oneOf(random, BYTES)
    result = oneOf(random, DAMAGES)(result, random.below(result.length), byte)
  }
  return result
}
