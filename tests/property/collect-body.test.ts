import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BodyKind } from '../../producer/collect/media-type.ts'
import { RefusedRequest } from '../../producer/collect/refused-request.ts'
import { type Piece, splitBody } from '../../producer/collect/split-body.ts'
import { runs } from './runs.ts'

const split = (content: string | Uint8Array, kind: BodyKind): readonly Piece[] =>
  splitBody({ bytes: Buffer.from(content), kind }, 1_000)

const textsOf = (pieces: readonly Piece[]): string[] =>
  pieces.map(({ bytes, start, end }) => Buffer.from(bytes.subarray(start, end)).toString())

/** Texts that reading and writing again would change, or that look like the structure around them. */
const ODD_TEXTS = [
  ...['12345678901234567890', '-0', '1e400', '1.50', '0.1e-7', '"\\u0041\\/"', '"\\\\"', '"\\\\\\""', '"é\u2028😀"'],
  ...['"],["', '"}{"', '"a,b"', '{"records":[1,2]}', '{"a":1,"a":2}', '[ ]', '{ "a" : [ { } ] }', '"\\n"'],
]

/** One JSON value as it may be written. */
const elements = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc
    .tuple(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'))
    .map(([value, indent]) => JSON.stringify(value, null, indent)),
)

const onOneLine = elements.filter((text) => !text.includes('\n'))
const blanks = fc.constantFrom('', '', ' ', '\r\n', '\t \n')
const padded = fc.tuple(blanks, elements, blanks)

const joined = (parts: readonly (readonly string[])[]): string => parts.map((part) => part.join('')).join(',')

/** Members that an envelope may have beside its records. */
const others = fc.array(
  fc
    .tuple(fc.constantFrom('"sent_at"', '"Records"', '"record"', '"r\\u0065cord"', '"]"', '"\\""'), blanks, elements)
    .map(([key, blank, value]) => `${blank}${key}${blank}:${blank}${value}${blank},`),
  { maxLength: 3 },
)

describe('the bytes of every record come back exactly as they were written', () => {
  test('in a bare array', () => {
    fc.assert(
      fc.property(fc.array(padded), blanks, (parts, blank) => {
        const pieces = split(`${blank}[${joined(parts)}${parts.length === 0 ? blank : ''}]${blank}`, 'json')
        expect(textsOf(pieces)).toEqual(parts.map(([, element]) => element))
      }),
      runs(1_000),
    )
  })

  test('in an envelope, whatever else it holds', () => {
    fc.assert(
      fc.property(fc.array(padded), others, others, blanks, (parts, before, after, blank) => {
        const behind = after.length === 0 ? '' : `,${after.join('')}`.replace(/,$/, '')
        const pieces = split(
          `${blank}{${before.join('')}"records"${blank}:[${joined(parts)}]${behind}}${blank}`,
          'json',
        )
        expect(textsOf(pieces)).toEqual(parts.map(([, element]) => element))
      }),
      runs(1_000),
    )
  })

  test('in lines', () => {
    const breaks = fc.constantFrom('\n', '\r\n', '\n\n \t\n', ' \n ')
    fc.assert(
      fc.property(fc.array(fc.tuple(onOneLine, breaks), { minLength: 1 }), (lines) => {
        const pieces = split(lines.flat().join(''), 'ndjson')
        expect(textsOf(pieces)).toEqual(lines.map(([element]) => element))
      }),
      runs(1_000),
    )
  })
})

/** Structure without sense: mostly broken, sometimes not. */
const structures = fc
  .array(
    fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"',
      '\\',
      ' ',
      '1',
      'null',
      '"a"',
      '"records"',
      '{"a":1}',
      '[]',
      '"a":',
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''))

/** A good body, mostly with something taken out or put in. */
const damaged = fc
  .tuple(
    fc.array(padded, { maxLength: 4 }),
    fc.boolean(),
    fc.nat(),
    fc.constantFrom(0, 0, 1, 2, 3),
    fc.oneof(fc.constantFrom('', ' '), structures),
  )
  .map(([parts, wrapped, at, removed, inserted]) => {
    const body = wrapped ? `{"records":[${joined(parts)}],"n":{"x":[]}}` : `[${joined(parts)}]`
    const from = at % body.length
    return (body.slice(0, from) + inserted.slice(0, 3) + body.slice(from + removed)).toWellFormed()
  })

const bodies = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 60 }),
  fc.oneof(structures, damaged).map((text) => new Uint8Array(Buffer.from(text))),
)

test('whatever the bytes are, they give records inside them, in order, or a refusal', () => {
  fc.assert(
    fc.property(bodies, fc.constantFrom<BodyKind>('json', 'ndjson'), (content, kind) => {
      let pieces: readonly Piece[]
      try {
        pieces = split(content, kind)
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedRequest)
        expect((error as RefusedRequest).status).toBe(400)
        return
      }
      let last = 0
      for (const { start, end } of pieces) {
        expect(start).toBeGreaterThanOrEqual(last)
        expect(end).toBeGreaterThan(start)
        expect(end).toBeLessThanOrEqual(content.length)
        last = end
      }
    }),
    runs(10_000),
  )
})

/** The records that JSON.parse finds in a body; undefined when it is no JSON, or none that holds records. */
function parsedRecords(text: string): unknown[] | undefined {
  const value = parsed(text)
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null) return undefined
  if (!('records' in value)) return [value]
  return Array.isArray(value.records) ? value.records : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

test('a body is taken without a broken record exactly when JSON.parse takes it, and the records are its', () => {
  const taken = { whole: 0, not: 0 }
  fc.assert(
    fc.property(fc.oneof(structures, damaged), (text) => {
      // Several lines may be NDJSON, and a key that stands twice is refused where JSON.parse takes the last.
      fc.pre(!text.includes('\n') && text.split('records').length <= 2)
      const expected = parsedRecords(text)
      let records: unknown[] | undefined
      try {
        records = textsOf(split(text, 'json')).map(parsed)
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedRequest)
      }
      if (records?.includes(undefined)) records = undefined
      taken[records === undefined ? 'not' : 'whole']++
      expect(records).toEqual(expected)
    }),
    runs(10_000),
  )
  const least = (taken.whole + taken.not) / 20
  expect(taken.whole).toBeGreaterThan(least)
  expect(taken.not).toBeGreaterThan(least)
})
