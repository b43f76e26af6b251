import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ABSENT,
  ARRAY,
  ESCAPED,
  FALSE,
  JsonScanner,
  MAX_DEPTH,
  NULL,
  NUMBER,
  OBJECT,
  STRING,
  TRUE,
} from '../../consumer/contract/json-scan.ts'
import { OUTCOMES } from '../../consumer/contract/outcome.ts'
import { runs } from '../property/runs.ts'

const WANTED = ['user', 'page', 'properties', 'properties.page', 'properties.deep.page', 'é', 'device.agent']
const KEYS = ['user', 'page', 'properties', 'deep', 'é', 'device', 'agent', 'pages', 'use', '']

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** A JSON text as it may be written: keys more than once, any character escaped or not, blanks anywhere. */
const blanks = fc.constantFrom('', '', '', ' ', '\n\t', '\r \n')

const texts = fc.oneof(
  fc.constantFrom(...KEYS, 'true', '"', '\\', '\\"', '/', '\u0000', '\n', '\u007f', 'ü', '日本', '😀', '\u2028'),
  fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !text.startsWith('\ufeff')),
)

const asUnicodeEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

const SHORT_ESCAPES = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['/', '\\/'],
  ['\n', '\\n'],
  ['\t', '\\t'],
])

/** Every way to write the text: `choices` says of each UTF-16 unit whether it is escaped and how. */
function written(text: string, choices: readonly number[]): string {
  const escapeAll = (choices[0] ?? 0) === 3
  const units = escapeAll ? text.split('') : [...text]
  const shown = units.map((unit, at) => {
    const choice = choices[at % Math.max(choices.length, 1)] ?? 0
    if (escapeAll || (choice === 2 && unit.length === 1)) return asUnicodeEscape(unit)
    const short = SHORT_ESCAPES.get(unit)
    if (choice === 1 && short !== undefined) return short
    return JSON.stringify(unit).slice(1, -1)
  })
  return `"${shown.join('')}"`
}

const strings = fc
  .tuple(texts, fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3), { maxLength: 4 }))
  .map(([text, choices]) => written(text, choices))

/**
 * No key holds a backslash: once an object of the keys "a" and "\\" has been made anywhere in the process, Node 24's
 * JSON.parse takes the key "\u00e9" behind "a" for a backslash too, and so is no judge of it.
 */
const keys = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...KEYS) }, texts).filter((key) => !key.includes('\\')),
    fc.constantFrom([0], [0], [2], [3]),
  )
  .map(([text, choices]) => written(text, choices))

const numbers = fc.oneof(
  fc.constantFrom('0', '-0', '0.5', '1e5', '1E+5', '-12.50e-3', '123456789012345678901234567890', '1e999'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
)

const { value: values, object: objects } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    { weight: 3, arbitrary: fc.oneof(strings, numbers, fc.constantFrom('true', 'false', 'null')) },
    { weight: 3, arbitrary: tie('object') },
    { weight: 1, arbitrary: tie('array') },
  ),
  object: fc
    .array(fc.tuple(blanks, keys, blanks, blanks, tie('value'), blanks), { maxLength: 6 })
    .map((members) => `{${members.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(',')}}`),
  array: fc
    .array(fc.tuple(blanks, tie('value'), blanks), { maxLength: 4 })
    .map((items) => `[${items.map((parts) => parts.join('')).join(',')}]`),
}))

const documents = fc
  .tuple(blanks, fc.oneof({ weight: 9, arbitrary: objects }, values), blanks)
  .map((all) => all.join(''))

function scanned(bytes: Uint8Array): { outcome: string; scanner: JsonScanner; around: Uint8Array } {
  const scanner = new JsonScanner(WANTED)
  const around = new Uint8Array(bytes.length + 8).fill(0x7d)
  around.set(bytes, 4)
  return { outcome: OUTCOMES[scanner.scan(around, 4, 4 + bytes.length)]!, scanner, around }
}

const ABSENT_HERE = Symbol('absent')

/** What JSON.parse has at a path of own keys. */
function parsedAt(root: unknown, path: string): unknown {
  let value = root
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return ABSENT_HERE
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

const KIND_OF = new Map<unknown, number>([
  [ABSENT_HERE, ABSENT],
  [null, NULL],
  [true, TRUE],
  [false, FALSE],
])

function expectSameValues(scanner: JsonScanner, bytes: Uint8Array, root: unknown): void {
  for (const [slot, path] of WANTED.entries()) {
    const value = parsedAt(root, path)
    const kind = scanner.kind[slot]!
    if (KIND_OF.has(value)) {
      expect(kind, path).toBe(KIND_OF.get(value))
      continue
    }
    const range = decoder.decode(bytes.subarray(scanner.start[slot]!, scanner.end[slot]!))
    if (typeof value === 'string') {
      expect(kind, path).toBe(range.includes('\\') ? ESCAPED : STRING)
      expect(kind === ESCAPED ? JSON.parse(`"${range}"`) : range, path).toBe(value)
    } else {
      expect(kind, path).toBe(typeof value === 'number' ? NUMBER : Array.isArray(value) ? ARRAY : OBJECT)
      expect(JSON.parse(range), path).toStrictEqual(value)
    }
  }
}

/** What JSON.parse makes of the bytes, in the scanner's words, and the value. */
function judged(bytes: Uint8Array): { outcome: string; root?: unknown } {
  let root: unknown
  try {
    root = JSON.parse(decoder.decode(bytes))
  } catch {
    return { outcome: 'malformed_json' }
  }
  if (!isUtf8(bytes)) return { outcome: 'invalid_utf8' }
  const isObject = typeof root === 'object' && root !== null && !Array.isArray(root)
  return { outcome: isObject ? 'accepted' : 'not_an_object', root }
}

function expectAgreement(bytes: Uint8Array): void {
  const { outcome, scanner, around } = scanned(bytes)
  const text = decoder.decode(bytes)
  if (outcome === 'forbidden_key') expect(text).toMatch(/__proto__|\\u/)
  else if (outcome === 'too_deep') expect(text.match(/[[{]/g)!.length).toBeGreaterThan(MAX_DEPTH)
  else {
    const expected = judged(bytes)
    expect(outcome).toBe(expected.outcome)
    if (outcome === 'accepted') expectSameValues(scanner, around, expected.root)
  }
}

describe('the scanner against JSON.parse', () => {
  test('finds the same values at the wanted paths of any JSON text', () => {
    fc.assert(
      fc.property(documents, (text) => {
        const bytes = encoder.encode(text)
        expect(scanned(bytes).outcome).not.toBe('malformed_json')
        expectAgreement(bytes)
      }),
      runs(6000),
    )
  })

  test('accepts exactly the damaged texts that JSON.parse accepts', () => {
    const place = fc.nat({ max: 100_000 })
    const damage = fc.oneof(
      fc.record({ at: place, flip: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ at: place, cut: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ at: place, insert: fc.constantFrom(...',:"{}[]\\0123-+.eEtfnu \u0001\u00a0\u00e9') }),
      fc.record({ at: place, end: fc.constant(true) }),
    )
    fc.assert(
      fc.property(documents, fc.array(damage, { minLength: 1, maxLength: 3 }), (text, damages) => {
        let bytes = encoder.encode(text)
        for (const change of damages) {
          const at = change.at % (bytes.length + 1)
          if ('flip' in change && at < bytes.length) bytes[at]! ^= change.flip
          else if ('cut' in change) bytes = joined(bytes.subarray(0, at), bytes.subarray(at + change.cut))
          else if ('insert' in change)
            bytes = joined(bytes.subarray(0, at), encoder.encode(change.insert), bytes.subarray(at))
          else if ('end' in change) bytes = bytes.slice(0, at)
        }
        expectAgreement(bytes)
      }),
      runs(12_000),
    )
  })

  test('agrees on every text of a few structural characters', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...'{}[]:,"\\ 10-.eu', 'true', '"a"', '"page":'), { maxLength: 12 }),
        (pieces) => expectAgreement(encoder.encode(pieces.join(''))),
      ),
      runs(12_000),
    )
  })
})

describe('the scanner by hand', () => {
  const kindsOf = (text: string): Record<string, number> => {
    const { outcome, scanner } = scanned(encoder.encode(text))
    expect(outcome).toBe('accepted')
    return Object.fromEntries(
      WANTED.map((path, slot) => [path, scanner.kind[slot]!]).filter(([, kind]) => kind !== ABSENT),
    )
  }

  test.each([
    ['the last of two equal keys wins', '{"page":1,"page":"x"}', { page: STRING }],
    ['also when it is escaped', '{"page":1,"p\\u0061ge":true}', { page: TRUE }],
    ['a repeated object is replaced whole', '{"properties":{"page":"x"},"properties":{}}', { properties: OBJECT }],
    ['by a number too', '{"properties":{"deep":{"page":"x"}},"properties":1}', { properties: NUMBER }],
    ['and by an escaped key', '{"properties":{"page":"x"},"propert\\u0069es":[]}', { properties: ARRAY }],
    ['nothing inside an array is wanted', '{"properties":[{"page":"x"}]}', { properties: ARRAY }],
    ['a key of a deeper object is another key', '{"deep":{"page":"x"}}', {}],
  ])('%s', (_rule, text, expected) => {
    expect(kindsOf(text)).toStrictEqual(expected)
  })

  test('a scan forgets what the one before found', () => {
    const scanner = new JsonScanner(['page'])
    const text = encoder.encode('{"page":1}{}')
    scanner.scan(text, 0, 10)
    expect(scanner.kind[0]).toBe(NUMBER)
    scanner.scan(text, 10, 12)
    expect(scanner.kind[0]).toBe(ABSENT)
  })

  const nested = (depth: number, open = '{"a":', close = '}'): string =>
    `${open.repeat(depth - 1)}{}${close.repeat(depth - 1)}`

  test.each([
    ['accepted', 'objects to the greatest depth', nested(MAX_DEPTH)],
    ['too_deep', 'one more', nested(MAX_DEPTH + 1)],
    ['accepted', 'arrays to the greatest depth', `{"a":${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}}`],
    ['too_deep', 'one more', `{"a":${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}}`],
    ['too_deep', 'a million brackets', '['.repeat(1_000_000)],
  ])('%s: %s', (outcome, _nesting, text) => {
    expect(scanned(encoder.encode(text)).outcome).toBe(outcome)
  })

  test.each([
    ['forbidden_key', '{"__proto__":1}'],
    ['forbidden_key', '{"a":[{"b":{"__proto__":1}}]}'],
    ['forbidden_key', '{"\\u005f_proto__":1}'],
    ['accepted', '{"__prot__":1,"a":"__proto__"}'],
    ['not_an_object', ' [1] '],
    ['not_an_object', '"page"'],
    ['not_an_object', 'null'],
    ['malformed_json', '{"a":1}{'],
    ['malformed_json', '   '],
    ['malformed_json', '\ufeff{}'],
  ])('%s: %s', (outcome, text) => {
    expect(scanned(encoder.encode(text)).outcome).toBe(outcome)
  })

  test('no control character may stand in a string or between values, but for the four blanks', () => {
    for (let code = 0; code < 0x20; code++) {
      const character = String.fromCharCode(code)
      expect(scanned(encoder.encode(`{"a":"${character}"}`)).outcome, `string ${code}`).toBe('malformed_json')
      expect(scanned(encoder.encode(`{"${character}":1}`)).outcome, `key ${code}`).toBe('malformed_json')
      const between = '\t\n\r'.includes(character) ? 'accepted' : 'malformed_json'
      for (const text of [
        '{_"a":1}',
        '{"a"_:1}',
        '{"a":_1}',
        '{"a":1_}',
        '{"a":1,_"b":2}',
        '{"a":[_1]}',
        '_{}',
        '{}_',
      ]) {
        expect(scanned(encoder.encode(text.replace('_', character))).outcome, `${text} ${code}`).toBe(between)
      }
    }
    expect(scanned(encoder.encode('{"a":"\u007f"}')).outcome).toBe('accepted')
  })

  test.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a character cut short', [0xf0, 0x9f, 0x98]],
  ])('invalid_utf8: %s, in a key and in a value', (_fault, wrong) => {
    const raw = (before: string, after: string): Uint8Array =>
      joined(encoder.encode(before), Uint8Array.from(wrong), encoder.encode(after))
    expect(scanned(raw('{"', '":1}')).outcome).toBe('invalid_utf8')
    expect(scanned(raw('{"a":["', '"]}')).outcome).toBe('invalid_utf8')
  })
})

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

test('a byte order mark inside a key is a character like any other', () => {
  const scanner = new JsonScanner(['a'])
  const bytes = encoder.encode('{"\ufeff\\u0061":1}')
  expect(OUTCOMES[scanner.scan(bytes, 0, bytes.length)]).toBe('accepted')
  expect(scanner.kind[0]).toBe(ABSENT)
})
