import { describe, expect, test } from 'vitest'
import type { ClickEvent } from '../../consumer/contract/click-event.ts'
import { Describer } from '../../consumer/contract/describe.ts'
import { BUILT_IN_DIALECTS, type BuiltInDialect, type Dialect } from '../../consumer/contract/dialects.ts'
import { OUTCOMES, REJECT_REASONS } from '../../consumer/contract/outcome.ts'
import type { CounterCells } from '../../consumer/core/cells.ts'
import type { Counters } from '../../consumer/core/count.ts'
import type { CoreOptions } from '../../consumer/core/options.ts'
import { NO_LOG_TIME, Pipeline } from '../../consumer/core/pipeline.ts'
import { parseMapping } from '../../consumer/mapping/custom-dialect.ts'
import { at } from '../builders.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'

const encoder = new TextEncoder()
const bytesOf = (record: unknown): Uint8Array =>
  record instanceof Uint8Array ? record : encoder.encode(typeof record === 'string' ? record : JSON.stringify(record))

const aPipeline = (options: Partial<CoreOptions>): Pipeline =>
  new Pipeline({ ...coreOptions(aReferenceRun()), dialect: 'auto', ...options })

function eventOf(record: unknown, options: Partial<CoreOptions> = {}): { event: ClickEvent; dialect: string } {
  const bytes = bytesOf(record)
  const describer = new Describer(aPipeline(options).options)
  return describer.describe(bytes, 0, bytes.length)
}

function outcomeOf(pipeline: Pipeline, record: unknown, logTimeMs = NO_LOG_TIME): string {
  const bytes = bytesOf(record)
  return OUTCOMES[pipeline.process(bytes, 0, bytes.length, logTimeMs, false)]!
}

const countOf = ({ labels, values }: CounterCells, label: string): number | undefined =>
  values[labels.rows().findIndex(([value]) => value === label)]

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)

function expectConservation({ consumed, events, dropped, rejected }: Counters, records: number): void {
  expect(consumed.values[0]).toBe(records)
  expect(sum(events.values) + sum(dropped.values) + sum(rejected.values)).toBe(records)
}

const EXAMPLES: Record<BuiltInDialect, { record: object; event: ClickEvent }> = {
  'user-events': {
    record: {
      event_id: '0197c9a0-1111-7000-8000-000000000001',
      user_id: 4711,
      session_id: 99,
      page: '/product/17?ref=mail',
      action: 'view',
      duration: 12.5,
      timestamp: 1714557600.25,
    },
    event: {
      eventId: '0197c9a0-1111-7000-8000-000000000001',
      userId: '4711',
      sessionId: '99',
      type: 'page_view',
      page: '/product/17?ref=mail',
      timeMs: 1714557600250,
      durationMs: 12500,
    },
  },
  records: {
    record: {
      event_type: 'purchase',
      user_id: 'u-1',
      session_id: 's-1',
      timestamp: '2024-05-01T12:00:00.250+02:00',
      properties: { page: '/checkout', referrer: 'https://example.com/', price: 5, currency: 'eur' },
    },
    event: {
      userId: 'u-1',
      sessionId: 's-1',
      type: 'purchase',
      page: '/checkout',
      timeMs: 1714557600250,
      price: '5.00',
      currency: 'EUR',
    },
  },
  ecommerce: {
    record: {
      event_id: 'e-1',
      event_type: 'add_to_cart',
      event_ts: '2024-05-01T10:00:00.250Z',
      user_id: 'u-1',
      session_id: 's-1',
      page: 'https://shop.example/product/17',
      product_id: 17,
      price: 19.99,
      currency: 'USD',
      category: 'shoes',
      brand: 'Ärmel & Söhne',
      utm: { source: 'mail', campaign: 'spring' },
      device: { user_agent: 'Mozilla/5.0', type: 'mobile' },
      geo: { country: 'DE' },
    },
    event: {
      eventId: 'e-1',
      userId: 'u-1',
      sessionId: 's-1',
      type: 'add_to_cart',
      page: 'https://shop.example/product/17',
      timeMs: 1714557600250,
      productId: '17',
      price: '19.99',
      currency: 'USD',
      category: 'shoes',
      brand: 'Ärmel & Söhne',
      userAgent: 'Mozilla/5.0',
      utm: { source: 'mail', campaign: 'spring' },
      device: { user_agent: 'Mozilla/5.0', type: 'mobile' },
      geo: { country: 'DE' },
    },
  },
  rees46: {
    record: {
      event_time: '2019-10-01 00:00:00 UTC',
      event_type: 'cart',
      product_id: '44600062',
      category_id: '2103807459595387724',
      category_code: 'appliances.kitchen',
      brand: 'shiseido',
      price: '35.79',
      user_id: '541312140',
      user_session: '72d76fde-8bb3-4e00-8c23-a032dfed738c',
    },
    event: {
      userId: '541312140',
      sessionId: '72d76fde-8bb3-4e00-8c23-a032dfed738c',
      type: 'add_to_cart',
      timeMs: Date.UTC(2019, 9, 1),
      productId: '44600062',
      price: '35.79',
      category: 'appliances.kitchen',
      brand: 'shiseido',
    },
  },
}

describe('the example of each built-in dialect becomes its event', () => {
  test.each(Object.entries(EXAMPLES))('%s, recognised by its keys', (name, { record, event }) => {
    expect(eventOf(record)).toEqual({ event, dialect: name })
  })

  test.each(Object.entries(EXAMPLES))('%s, when asked for by name', (name, { record, event }) => {
    const dialect = BUILT_IN_DIALECTS[name as BuiltInDialect]
    expect(eventOf(record, { dialect })).toEqual({ event, dialect: name })
  })

  test.each(Object.entries(EXAMPLES))('%s, and counts as its type', (_name, { record, event }) => {
    const pipeline = aPipeline({})
    expect(outcomeOf(pipeline, record)).toBe('accepted')
    const { labels, values } = pipeline.state.counters.events
    expect(labels.rows().filter((_, row) => values[row] === 1)).toEqual([[event.type]])
  })
})

const MAPPING = `
fields: { eventId: id, userId: actor.id, type: event.name, time: ts, page: context.url, duration: spent, price: amount }
time: milliseconds
duration: milliseconds
types: { product_viewed: page_view, order_completed: purchase }
constants: { currency: EUR, type: click, page: /app }
numbers_as_strings: true
`

function custom(yaml: string): Dialect {
  const mapping = parseMapping(yaml, 'map.yaml')
  if ('faults' in mapping) throw new Error(mapping.faults.map(({ fix }) => fix).join('\n'))
  return mapping.dialect
}

describe('a custom mapping', () => {
  const dialect = custom(MAPPING)

  test('finds every field, translates the type and reads numbers as text', () => {
    const record = {
      id: 'x1',
      actor: { id: 7 },
      event: { name: 'order_completed' },
      ts: '1714557600250',
      context: { url: '/done' },
      spent: '1500',
      amount: '12.340000',
    }
    expect(eventOf(record, { dialect })).toEqual({
      event: {
        eventId: 'x1',
        userId: '7',
        type: 'purchase',
        page: '/done',
        timeMs: 1714557600250,
        durationMs: 1500,
        price: '12.34',
        currency: 'EUR',
      },
      dialect: 'custom',
    })
  })

  test('fills in its constants where a record has nothing', () => {
    const { event } = eventOf({ actor: { id: 'ann' }, ts: 1714557600250, context: { url: null } }, { dialect })
    expect(event).toEqual({ userId: 'ann', type: 'click', page: '/app', timeMs: 1714557600250, currency: 'EUR' })
  })

  test('takes an event name without alias for the word of the contract, else for custom', () => {
    const typeOf = (name: string) => eventOf({ actor: { id: 'a' }, ts: 1, event: { name } }, { dialect }).event.type
    expect(typeOf('add_to_cart')).toBe('add_to_cart')
    expect(typeOf('wishlist_opened')).toBe('custom')
  })

  test.each([
    ['iso', '"2024-05-01T10:00:00.250Z"'],
    ['seconds', '1714557600.25'],
    ['milliseconds', '1714557600250'],
    ['microseconds', '1714557600250000'],
    ['nanoseconds', '1714557600250000000'],
  ])('reads times in %s', (unit, time) => {
    const yaml = `fields: { userId: u, time: t }\ntime: ${unit}\nconstants: { type: click }\n`
    expect(eventOf(`{"u":"ann","t":${time}}`, { dialect: custom(yaml) }).event.timeMs).toBe(1714557600250)
  })
})

const VALID = { event_id: 'e1', user_id: 'ann', page: '/home', action: 'view', timestamp: at('09:00:00') / 1000 }
const without = (key: keyof typeof VALID): object =>
  Object.fromEntries(Object.entries(VALID).filter(([name]) => name !== key))
const withRaw = (key: string, json: string): string => `${JSON.stringify(VALID).slice(0, -1)},"${key}":${json}}`
const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)))
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

const HOSTILE: readonly (readonly [string, unknown, string])[] = [
  ['no bytes', '', 'empty'],
  ['a record of 10 MB', { ...VALID, blob: 'x'.repeat(10_000_000) }, 'too_large'],
  ['a byte order mark', bytes([0xef, 0xbb, 0xbf], JSON.stringify(VALID)), 'byte_order_mark'],
  ['a schema registry frame', bytes([0, 0, 0, 0, 7], JSON.stringify(VALID)), 'schema_registry_frame'],
  ['a schema registry frame of Avro', bytes([0, 0, 0, 1, 2, 0x0c, 0x61, 0x6e, 0x6e]), 'schema_registry_frame'],
  ['bytes that are not UTF-8', bytes('{"user_id":"', [0xff, 0xfe], '","action":"view","timestamp":1}'), 'invalid_utf8'],
  ['UTF-8 cut short', bytes('{"user_id":"', [0xe2, 0x82], '","action":"view","timestamp":1}'), 'invalid_utf8'],
  ['an overlong encoding', bytes('{"user_id":"', [0xc0, 0xaf], '","action":"view","timestamp":1}'), 'invalid_utf8'],
  ['UTF-16', Buffer.from(JSON.stringify(VALID), 'utf16le'), 'malformed_json'],
  ['no JSON', 'user=ann&action=view', 'malformed_json'],
  ['JSON cut short', JSON.stringify(VALID).slice(0, -5), 'malformed_json'],
  ['two JSON texts', `${JSON.stringify(VALID)}${JSON.stringify(VALID)}`, 'malformed_json'],
  ['a comma too many', '{"user_id":1,}', 'malformed_json'],
  ['quotes of the wrong kind', "{'user_id':1}", 'malformed_json'],
  ['NaN for the time', withRaw('timestamp', 'NaN'), 'malformed_json'],
  ['Infinity for the price', withRaw('price', 'Infinity'), 'malformed_json'],
  ['-Infinity for the price', withRaw('price', '-Infinity'), 'malformed_json'],
  ['a line break within a text', '{"user_id":"a\nb"}', 'malformed_json'],
  ['a blank', ' ', 'malformed_json'],
  ['a list', [VALID], 'not_an_object'],
  ['a text', '"view"', 'not_an_object'],
  ['a number', '42', 'not_an_object'],
  ['null', 'null', 'not_an_object'],
  ['true', 'true', 'not_an_object'],
  ['lists 65 deep', withRaw('x', nested(65)), 'too_deep'],
  ['objects 65 deep', `${'{"x":'.repeat(65)}1${'}'.repeat(65)}`, 'too_deep'],
  ['lists half a million deep', nested(500_000), 'too_deep'],
  ['the key __proto__', '{"__proto__":{"user_id":"ann"},"action":"view","timestamp":1}', 'forbidden_key'],
  ['the key __proto__ deep inside', withRaw('x', '[{"y":{"__proto__":1}}]'), 'forbidden_key'],
  ['the key __proto__ in escapes', withRaw('\\u005f_proto__', '1'), 'forbidden_key'],
  ['an object of unknown shape', { hello: 'world' }, 'unknown_dialect'],
  ['an empty object', {}, 'unknown_dialect'],
  ['no user', without('user_id'), 'missing_user'],
  ['null for the user', { ...VALID, user_id: null }, 'missing_user'],
  ['an empty user', { ...VALID, user_id: '' }, 'missing_user'],
  ['a user that is an object', { ...VALID, user_id: { id: 1 } }, 'invalid_user'],
  ['a user that is a list', { ...VALID, user_id: [1] }, 'invalid_user'],
  ['a user that is true', { ...VALID, user_id: true }, 'invalid_user'],
  ['a user beyond all numbers', withRaw('user_id', '1e999'), 'invalid_user'],
  ['no type', without('action'), 'missing_type'],
  ['an empty type', { ...VALID, action: '' }, 'missing_type'],
  ['a type that is a number', { ...VALID, action: 7 }, 'invalid_type'],
  ['a type that is an object', { ...VALID, action: {} }, 'invalid_type'],
  ['no time', without('timestamp'), 'missing_time'],
  ['null for the time', { ...VALID, timestamp: null }, 'missing_time'],
  ['a time that is true', { ...VALID, timestamp: true }, 'invalid_time'],
  ['a time in words', { ...VALID, timestamp: 'yesterday' }, 'invalid_time'],
  ['the text NaN for the time', { ...VALID, timestamp: 'NaN' }, 'invalid_time'],
  ['the 30th of February', { user_id: 'a', event_type: 'view', timestamp: '2024-02-30T00:00:00Z' }, 'invalid_time'],
  ['a number where ISO time is expected', { user_id: 'a', event_type: 'view', event_ts: 1714557600 }, 'invalid_time'],
  ['the time 0', { ...VALID, timestamp: 0 }, 'time_out_of_range'],
  ['a negative time', { ...VALID, timestamp: -1 }, 'time_out_of_range'],
  ['milliseconds for seconds', { ...VALID, timestamp: at('09:00:00') }, 'time_out_of_range'],
  ['a time beyond all numbers', withRaw('timestamp', '1e999'), 'time_out_of_range'],
  ['the year 9999', { user_id: 'a', event_type: 'view', event_ts: '9999-12-31T23:59:59Z' }, 'time_out_of_range'],
  ['the year 1', { user_id: 'a', event_type: 'view', event_ts: '0001-01-01T00:00:00Z' }, 'time_out_of_range'],
  ['a time as text where a number is expected', { ...VALID, timestamp: '1714557600' }, 'number_as_string'],
  ['an empty event id', { ...VALID, event_id: '' }, 'invalid_event_id'],
  ['an event id that is an object', { ...VALID, event_id: {} }, 'invalid_event_id'],
  ['a session id that is a list', { ...VALID, session_id: ['s'] }, 'invalid_session_id'],
  ['a page that is a number', { ...VALID, page: 7 }, 'invalid_page'],
  ['a page that is an object', { ...VALID, page: { path: '/' } }, 'invalid_page'],
  ['a page of 9,000 letters', { ...VALID, page: `/${'x'.repeat(9_000)}` }, 'invalid_page'],
  ['a negative duration', { ...VALID, duration: -1 }, 'invalid_duration'],
  ['a duration of more than a day', { ...VALID, duration: 86_401 }, 'invalid_duration'],
  ['a duration that is true', { ...VALID, duration: true }, 'invalid_duration'],
  ['a duration as text', { ...VALID, duration: '5' }, 'number_as_string'],
  ['a price in words', { ...VALID, price: 'free' }, 'invalid_price'],
  ['the text Infinity for the price', { ...VALID, price: 'Infinity' }, 'invalid_price'],
  ['a price beyond all numbers', withRaw('price', '1e999'), 'invalid_price'],
  ['a price that is an object', { ...VALID, price: { amount: 1 } }, 'invalid_price'],
  ['a price as text', { ...VALID, price: '19.99' }, 'number_as_string'],
  ['a negative price', { ...VALID, price: -0.01 }, 'negative_price'],
  ['a negative price as a power', withRaw('price', '-1e2'), 'negative_price'],
  ['a currency sign', { ...VALID, currency: '€' }, 'invalid_currency'],
  ['a currency that is a number', { ...VALID, currency: 978 }, 'invalid_currency'],
]

describe('a hostile record is rejected for its own reason and counted', () => {
  test.each(HOSTILE)('%s', (_name, record, reason) => {
    const pipeline = aPipeline({})
    expect(outcomeOf(pipeline, record)).toBe(reason)
    const { rejected } = pipeline.state.counters
    expect(countOf(rejected, reason)).toBe(1)
    expectConservation(pipeline.state.counters, 1)
  })

  test('every reason a record itself can give is among these', () => {
    // The log time gives the one, a fault of ours the other.
    const elsewhere = ['future_dated', 'internal_error']
    const named = new Set(HOSTILE.map(([, , reason]) => reason))
    expect(REJECT_REASONS.filter((reason) => !named.has(reason))).toEqual(elsewhere)
  })

  test('future_dated, when its time lies more than the tolerance after its log time', () => {
    const pipeline = aPipeline({})
    expect(outcomeOf(pipeline, VALID, at('08:55:00'))).toBe('accepted')
    expect(outcomeOf(pipeline, { ...VALID, event_id: 'e2' }, at('08:54:59.999'))).toBe('future_dated')
    expectConservation(pipeline.state.counters, 2)
  })

  test('and nothing leaks into Object.prototype or the records after it', () => {
    const pipeline = aPipeline({})
    for (const [, record] of HOSTILE) outcomeOf(pipeline, record)
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(outcomeOf(pipeline, VALID)).toBe('accepted')
    expectConservation(pipeline.state.counters, HOSTILE.length + 1)
  })
})

describe('a valid event is dropped for its own reason', () => {
  const crawler = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'
  test.each([
    ['late', { ...VALID, event_id: 'e2', timestamp: at('08:49:59.999') / 1000 }],
    ['duplicate', VALID],
    ['bot', { ...VALID, event_id: 'e2', user_agent: crawler }],
  ])('%s', (reason, record) => {
    const pipeline = aPipeline({ dropBots: true })
    outcomeOf(pipeline, VALID)
    expect(outcomeOf(pipeline, record)).toBe(reason)
    const { dropped } = pipeline.state.counters
    expect(countOf(dropped, reason)).toBe(1)
    expectConservation(pipeline.state.counters, 2)
  })
})

describe('what looks hostile and is not', () => {
  test('a record of 10 MB, where the limit is higher', () => {
    const pipeline = aPipeline({ maxRecordBytes: 10 * 1024 * 1024 })
    expect(outcomeOf(pipeline, { ...VALID, blob: 'x'.repeat(10_000_000) })).toBe('accepted')
  })

  test.each([
    ['white space around the object', ` \r\n\t${JSON.stringify(VALID)}\n`],
    ['lists 63 deep in the object', withRaw('x', nested(63))],
    ['the text __proto__ as a value', { ...VALID, page: '__proto__' }],
    ['the key constructor', { ...VALID, constructor: { prototype: {} } }],
    ['a price of nothing', { ...VALID, price: 0 }],
    ['a key twice, of which the last counts', withRaw('user_id', '"bob"')],
    [
      'fifty thousand keys nobody asked for',
      withRaw('x', `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":1`).join()}}`),
    ],
    ['emoji and quotes in the page', { ...VALID, page: '/🛒/"a"\\b\n' }],
  ])('%s', (_name, record) => {
    expect(outcomeOf(aPipeline({}), record)).toBe('accepted')
  })
})
