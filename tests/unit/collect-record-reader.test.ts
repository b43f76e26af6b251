import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COUNTED_FIELDS } from '../../consumer/contract/decode.ts'
import { BUILT_IN_DIALECTS, type BuiltInDialect, type Dialect } from '../../consumer/contract/dialects.ts'
import { EventReader } from '../../consumer/contract/event-reader.ts'
import { JsonScanner, STRING } from '../../consumer/contract/json-scan.ts'
import { ACCEPTED } from '../../consumer/contract/outcome.ts'
import type { CoreOptions } from '../../consumer/core/options.ts'
import { parseMapping } from '../../consumer/mapping/custom-dialect.ts'
import type { CollectedRecord } from '../../producer/collect/collected-record.ts'
import { withEventId } from '../../producer/collect/event-id.ts'
import { RecordReader } from '../../producer/collect/record-reader.ts'
import { aClickEvent, at } from '../builders.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'
import { recordOf } from '../dialect-records.ts'
import { runs } from '../property/runs.ts'

const DIALECTS = Object.keys(BUILT_IN_DIALECTS) as BuiltInDialect[]
const OPTIONS: CoreOptions = { ...coreOptions(aReferenceRun()), dialect: 'auto' }
const NOON = at('12:00:00')

const bytes = (text: string): Uint8Array => Buffer.from(text)
const textOf = (value: Uint8Array): string => Buffer.from(value).toString()

function mapped(fields: string): Dialect {
  const mapping = parseMapping(`fields: { ${fields} }\ntime: milliseconds\nconstants: { page: / }\n`, 'map.yaml')
  if ('faults' in mapping) throw new Error(mapping.faults.map(({ fix }) => fix).join('\n'))
  return mapping.dialect
}

const CUSTOM = 'userId: who, type: what, time: at'

/** A reader at noon that gives the ids new-1, new-2, ... */
function aReader(options: Partial<CoreOptions> = {}): (value: Uint8Array | string) => CollectedRecord | string {
  let ids = 0
  const reader = new RecordReader({
    core: { ...OPTIONS, ...options },
    newId: () => `new-${++ids}`,
    now: () => NOON,
  })
  return (value) => {
    const around = Buffer.concat([bytes('[7,'), typeof value === 'string' ? bytes(value) : value, bytes(']')])
    return reader.read({ bytes: around, start: 3, end: around.length - 1 })
  }
}

function taken(read: CollectedRecord | string): CollectedRecord {
  if (typeof read === 'string') throw new Error(`rejected: ${read}`)
  return read
}

/** What the exporter's own reader finds in the record. */
function seenByTheCore(value: Uint8Array, options: Partial<CoreOptions> = {}) {
  const reader = new EventReader({ ...OPTIONS, ...options }, COUNTED_FIELDS)
  expect(reader.read(value, 0, value.length)).toBe(ACCEPTED)
  return Object.fromEntries([
    ['dialect', reader.dialect.name],
    ...COUNTED_FIELDS.map((field) => [field, reader.text(field)] as const),
  ])
}

describe.each(DIALECTS)('a record of the dialect %s', (dialect) => {
  const event = aClickEvent({ at: '12:00:00', user: '4711', session: 's', type: 'purchase', priceMicros: 19_990_000n })

  test('without an id gets one at its front, and is otherwise what it was', () => {
    const sent = recordOf(event, dialect)
    const { key, value, identity } = taken(aReader()(sent))
    expect(textOf(value)).toBe(textOf(sent).replace('{', '{"event_id":"new-1",'))
    expect(seenByTheCore(value)).toEqual({ ...seenByTheCore(sent), eventId: 'new-1' })
    expect(key).toBe('4711')
    expect(identity).toBeUndefined()
  })

  test('with an id stays as it was sent', () => {
    const sent = withEventId(recordOf(event, dialect), BUILT_IN_DIALECTS[dialect], 'its own')
    const { key, value, identity } = taken(aReader()(sent))
    expect(textOf(value)).toBe(textOf(sent))
    expect(key).toBe('4711')
    expect(identity).toBe('4 4711 its own')
  })
})

test('every record without an id gets another one', () => {
  const read = aReader()
  const sent = recordOf(aClickEvent({ at: '12:00:00' }), 'records')
  expect([1, 2, 3].map(() => seenByTheCore(taken(read(sent)).value).eventId)).toEqual(['new-1', 'new-2', 'new-3'])
})

describe('what a second copy is recognised by', () => {
  const identityOf = (ids: string) => taken(aReader()(`{${ids},"action":"view","timestamp":1714557600}`)).identity

  test.each([
    ['"user_id":7,"event_id":8', '"user_id":"7","event_id":"8"'],
    ['"user_id":7.0,"event_id":8e0', '"user_id":7,"event_id":8'],
    ['"user_id":"\\u0061","event_id":"\\u0062"', '"user_id":"a","event_id":"b"'],
  ])('is the same for %s and %s, as for the core', (one, other) => {
    expect(identityOf(one)).toBe(identityOf(other))
  })

  test.each([
    ['"user_id":"a b","event_id":"c"', '"user_id":"a","event_id":"b c"'],
    ['"user_id":"1 a","event_id":"b"', '"user_id":"1","event_id":"a b"'],
    ['"user_id":"a","event_id":"c"', '"user_id":"b","event_id":"c"'],
    ['"user_id":"a","event_id":"12345678901234567890"', '"user_id":"a","event_id":"12345678901234567891"'],
  ])('is another for %s and %s', (one, other) => {
    expect(identityOf(one)).not.toBe(identityOf(other))
  })

  test('is nothing when the bytes stand for the id, or a null', () => {
    const sent = '{"event_id":null,"user_id":7,"action":"view","timestamp":1714557600}'
    expect(taken(aReader({ dedupeRows: true })(sent)).identity).toBeUndefined()
  })
})

describe('a record is rejected', () => {
  test.each([
    ['{"user_id":7,"action":"view"}', 'missing_time'],
    ['{"action":"view","timestamp":1714557600}', 'missing_user'],
    ['{"a":}', 'malformed_json'],
    ['7', 'not_an_object'],
    ['', 'empty'],
    ['{"hello":1}', 'unknown_dialect'],
    ['{"__proto__":1}', 'forbidden_key'],
    [`{"a":${'['.repeat(64)}${']'.repeat(64)}}`, 'too_deep'],
    ['{"user_id":7,"event_id":"","action":"view","timestamp":1714557600}', 'invalid_event_id'],
  ])('%s as the core does: %s', (sent, reason) => {
    expect(aReader()(sent)).toBe(reason)
  })

  test('when its time lies ahead by more than the tolerance', () => {
    const read = aReader({ futureToleranceMs: 60_000 })
    const ofTime = (time: string) => read(recordOf(aClickEvent({ at: time, id: 'x' }), 'ecommerce'))
    expect(taken(ofTime('12:01:00')).key).toBe('ann')
    expect(ofTime('12:01:00.001')).toBe('future_dated')
  })

  test('when the id it gets makes it longer than the exporter reads', () => {
    const sent = recordOf(aClickEvent({ at: '12:00:00' }), 'records')
    const withId = sent.length + '"event_id":"new-1",'.length
    expect(taken(aReader({ maxRecordBytes: withId })(sent)).value).toHaveLength(withId)
    expect(aReader({ maxRecordBytes: withId - 1 })(sent)).toBe('too_large')
    expect(aReader({ maxRecordBytes: sent.length - 1 })(sent)).toBe('too_large')
  })
})

describe('the id goes where a mapping has it', () => {
  const WHO = '"who":7,"what":"click","at":1714557600000'
  const META = `${CUSTOM}, eventId: meta.id`

  test.each([
    ['at the front of the object it belongs into', META, `{${WHO},"meta":{"v":1}}`, '"meta":{"id":"new-1","v":1}'],
    ['into an empty object', META, `{${WHO},"meta":{ }}`, '"meta":{"id":"new-1" }'],
    ['with the objects on its way', `${CUSTOM}, eventId: a.b.c`, `{${WHO}}`, `{"a":{"b":{"c":"new-1"}},${WHO}`],
    ['with the rest of them', `${CUSTOM}, eventId: a.b.c`, `{${WHO},"a":{}}`, '"a":{"b":{"c":"new-1"}}'],
    ['in the place of a null', META, `{${WHO},"meta":{"id": null ,"v":1}}`, '"meta":{"id": "new-1" ,"v":1}'],
    ['in the place of a null on its way', META, `{${WHO},"meta":null}`, '"meta":{"id":"new-1"}'],
    [
      'into the last of two, which counts',
      META,
      `{${WHO},"meta":{"id":5},"meta":{}}`,
      '{"id":5},"meta":{"id":"new-1"}',
    ],
    ['in the place of the last null', META, `{${WHO},"meta":{"id":5,"id":null}}`, '{"id":5,"id":"new-1"}'],
    ['under a key with escapes', META, `{${WHO},"m\\u0065ta":{"i\\u0064":null}}`, '{"i\\u0064":"new-1"}'],
    ['at the front, behind blanks', `${CUSTOM}, eventId: id`, ` {\n${WHO}}`, ` {"id":"new-1",\n${WHO}}`],
    ['under a key that needs escapes', `${CUSTOM}, eventId: 'i"d'`, `{${WHO}}`, `{"i\\"d":"new-1",${WHO}`],
    ['into an object that is a field', `${CUSTOM}, device: dev, eventId: dev.id`, `{${WHO}}`, '{"dev":{"id":"new-1"},'],
  ])('%s', (_what, fields, sent, shown) => {
    const dialect = mapped(fields)
    const { value } = taken(aReader({ dialect })(sent))
    expect(textOf(value)).toContain(shown)
    expect(seenByTheCore(value, { dialect })).toEqual({ ...seenByTheCore(bytes(sent), { dialect }), eventId: 'new-1' })
  })

  test.each([
    ['maps none', CUSTOM, `{${WHO}}`],
    ['has the session there', `${CUSTOM}, eventId: id, sessionId: id`, `{${WHO}}`],
    ['has the page on the way', `${CUSTOM}, eventId: page.id, page: page`, `{${WHO}}`],
    ['has text on the way', META, `{${WHO},"meta":"text"}`],
    ['has a list on the way', META, `{${WHO},"meta":[{}]}`],
    ['has an id', META, `{${WHO},"meta":{"id":"mine"}}`],
    ['has a number for an id', META, `{${WHO},"meta":{"id":0}}`],
  ])('and nowhere when the record %s', (_what, fields, sent) => {
    expect(textOf(taken(aReader({ dialect: mapped(fields) })(sent)).value)).toBe(sent)
  })

  test.each(['', 'hello', '[]', '7', '{"a":}', '{}{}', '{"__proto__":1}'])('and nowhere in %j', (sent) => {
    const value = bytes(sent)
    expect(withEventId(value, BUILT_IN_DIALECTS.records, 'x')).toBe(value)
  })

  test('whatever characters it has', () => {
    const id = '"\\\n\u0000 é 😀'
    const value = withEventId(bytes('{}'), BUILT_IN_DIALECTS.records, id)
    expect(JSON.parse(textOf(value))).toEqual({ event_id: id })
  })
})

const blanks = fc.constantFrom('', '', ' ', '\n\t')
const keys = fc.constantFrom('"id"', '"meta"', '"m\\u0065ta"', '"deep"', '"x"')
const { object: objects } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('null', 'null', '7', '"é"', '[]', '[{"id":null}]', '12345678901234567890'),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(blanks, keys, blanks, tie('value'), blanks), { maxLength: 4 })
    .map((members) => `{${members.map(([a, key, b, value, c]) => `${a}${key}${b}:${value}${c}`).join(',')}}`),
}))

/** The parsed record with the id at the path; undefined when there is no place for it. */
function withIdAt(record: Record<string, unknown>, [key, ...rest]: string[], id: string): unknown {
  const there = record[key!] ?? undefined
  if (rest.length === 0) return there === undefined ? { ...record, [key!]: id } : undefined
  if (there !== undefined && (typeof there !== 'object' || Array.isArray(there))) return undefined
  const inner = withIdAt((there ?? {}) as Record<string, unknown>, rest, id)
  return inner === undefined ? undefined : { ...record, [key!]: inner }
}

test('any object gets the id where JSON.parse and the core look for it, and nothing else changes', () => {
  const paths = ['id', 'meta.id', 'meta.deep.id']
  const dialects = new Map(paths.map((path) => [path, mapped(`userId: u, type: e, time: t, eventId: ${path}`)]))
  fc.assert(
    fc.property(fc.tuple(blanks, objects, blanks), fc.constantFrom(...paths), (parts, path) => {
      const sent = bytes(parts.join(''))
      const value = withEventId(sent, dialects.get(path)!, 'new')
      const expected = withIdAt(JSON.parse(textOf(sent)), path.split('.'), 'new')
      if (expected === undefined) {
        expect(value).toBe(sent)
        return
      }
      expect(JSON.parse(textOf(value))).toEqual(expected)
      const scanner = new JsonScanner([path])
      expect(scanner.scan(value, 0, value.length)).toBe(ACCEPTED)
      expect(scanner.kind[0]).toBe(STRING)
      let front = 0
      while (sent[front] === value[front]) front++
      let back = 0
      while (sent.at(-1 - back) === value.at(-1 - back)) back++
      expect(front + back).toBeGreaterThanOrEqual(sent.length - 'null'.length)
    }),
    runs(2_000),
  )
})
