import { describe, expect, test } from 'vitest'
import { REJECT_REASONS } from '../../consumer/contract/outcome.ts'
import type { ReferenceEvent } from '../../producer/oracle/event.ts'
import { readEvent } from '../../producer/oracle/read-event.ts'
import { at } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { anOracleRun } from '../reference-series.ts'

const OPTIONS = anOracleRun(aReferenceRun())
const LOGGED_MS = at('12:00:00')

type Result = Partial<ReferenceEvent> | string

/** The event, or the word for why there is none. */
function read(record: string | Uint8Array, options: Partial<typeof OPTIONS> = {}): Result {
  const { event, refusal } = {
    event: undefined,
    ...readEvent(Buffer.from(record), LOGGED_MS, { ...OPTIONS, ...options }),
  }
  return event ?? refusal!
}

/** A sound record of user-events, with these members as they stand in it. */
const withMember = (member: string): string => `{"user_id":7,"action":"view","timestamp":1714557600,${member}}`
const SOUND: Partial<ReferenceEvent> = { user: '7', type: 'page_view', timeMs: at('10:00:00'), logTimeMs: LOGGED_MS }

describe('bytes', () => {
  test.each([
    ['', 'empty'],
    [' ', 'malformed_json'],
    [Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 'byte_order_mark'],
    [Uint8Array.of(0, 0, 0, 0, 1), 'schema_registry_frame'],
    [Uint8Array.of(0, 0, 0, 0), 'malformed_json'],
    [Buffer.from('{"user_id":"\xe9"}', 'latin1'), 'invalid_utf8'],
    [Buffer.from('{"user_id":"\xe9"', 'latin1'), 'malformed_json'],
    ['{"user_id":7', 'malformed_json'],
    ['{"user_id":7}}', 'malformed_json'],
    ["{'user_id':7}", 'malformed_json'],
    ['{"user_id":07}', 'malformed_json'],
    ['{"user_id":7,}', 'malformed_json'],
    ['[{"user_id":7}]', 'not_an_object'],
    ['"user"', 'not_an_object'],
    ['7', 'not_an_object'],
    ['{"a":{"__proto__":1}}', 'forbidden_key'],
    ['{"__pro\\u0074o__":1', 'forbidden_key'],
    ['{"__proto__', 'malformed_json'],
    [`${'{"a":'.repeat(63)}{}${'}'.repeat(63)}`, 'missing_user'],
    [`${'{"a":'.repeat(64)}{}${'}'.repeat(64)}`, 'too_deep'],
    ['['.repeat(65), 'too_deep'],
    ['['.repeat(64), 'malformed_json'],
  ])('%j is %s', (record, reason) => {
    expect(read(record)).toBe(reason)
  })

  test.each([
    ['at the limit', 0, 'malformed_json'],
    ['one byte beyond it', 1, 'too_large'],
  ])('a record %s: %i byte more is %s', (_, more, reason) => {
    expect(read('x'.repeat(50 + more), { maxRecordBytes: 50 })).toBe(reason)
  })

  test('a text of a megabyte is read, escapes and all', () => {
    expect(read(withMember(`"other":"${'\\n'.repeat(500_000)}${'x'.repeat(40_000)}"`))).toStrictEqual(SOUND)
  })
})

describe('which dialect a record is of, by its own keys', () => {
  test.each([
    ['{"user_id":7,"action":"click","timestamp":1714557600,"event_ts":"2024-05-01T10:00:01Z"}', '10:00:00'],
    ['{"user_id":7,"event_type":"click","event_ts":"2024-05-01T10:00:01Z","event_time":"2024-05-01"}', '10:00:01'],
    ['{"user_id":7,"event_type":"click","event_time":"2024-05-01 10:00:02 UTC","timestamp":1}', '10:00:02'],
    ['{"user_id":7,"event_type":"click","timestamp":"2024-05-01T10:00:03Z"}', '10:00:03'],
    ['{"user_id":7,"action":null,"event_type":"click","timestamp":"2024-05-01T10:00:04Z"}', '10:00:04'],
  ])('%s', (record, time) => {
    expect(read(record, { dialect: 'auto' })).toMatchObject({ user: '7', type: 'click', timeMs: at(time) })
  })

  test.each([
    ['{"user_id":7,"timestamp":1714557600}', 'missing_type'],
    ['{"user_id":7,"event_type":"click"}', 'missing_time'],
    ['{"user_id":7}', 'unknown_dialect'],
    ['{}', 'unknown_dialect'],
  ])('%s is %s', (record, reason) => {
    expect(read(record, { dialect: 'auto' })).toBe(reason)
  })

  const time = '"2024-05-01T10:00:00Z"'
  test.each([
    [
      'records',
      `{"event_id":1,"user_id":7,"session_id":2,"event_type":"cart","timestamp":${time},"properties":{"page":"/a","duration":1.5,"price":2,"currency":"eur"}}`,
      { id: '1', page: '/a', durationMs: 1_500, priceMicros: 2_000_000n, currency: 'EUR' },
    ],
    ['records', `{"user_id":7,"event_type":"cart","timestamp":${time},"properties":["page"],"page":"/a"}`, {}],
    [
      'ecommerce',
      `{"event_id":"x","user_id":7,"event_type":"cart","event_ts":${time},"page":"/a","price":2,"currency":"EUR","duration":9}`,
      { id: 'x', page: '/a', priceMicros: 2_000_000n, currency: 'EUR' },
    ],
    [
      'rees46',
      `{"event_id":"x","user_id":7,"event_type":"cart","event_time":${time},"page":"/a","price":"2.5","currency":"EUR"}`,
      { id: 'x', priceMicros: 2_500_000n },
    ],
  ] as const)('%s has its fields where it has them: %s', (dialect, record, fields) => {
    const sound = { user: '7', type: 'add_to_cart', timeMs: at('10:00:00'), logTimeMs: LOGGED_MS }
    const { session: _, ...event } = read(record, { dialect }) as Partial<ReferenceEvent>
    expect(event).toStrictEqual({ ...sound, ...fields })
  })
})

describe('a field', () => {
  test.each([
    ['"user_id":8', { user: '8' }],
    ['"user_id":"8"', { user: '8' }],
    ['"user_id":8.0', { user: '8' }],
    ['"user_id":8e2', { user: '800' }],
    ['"user_id":"08"', { user: '08' }],
    ['"user_id":12345678901234567891', { user: '12345678901234567891' }],
    ['"user_id":"\\ud800"', { user: '\ufffd' }],
    ['"user_id":""', 'missing_user'],
    ['"user_id":null', 'missing_user'],
    ['"user_id":true', 'invalid_user'],
    ['"user_id":[]', 'invalid_user'],
    ['"user_id":1e400', 'invalid_user'],
    ['"action":"pageview"', { type: 'page_view' }],
    ['"action":"cart"', { type: 'add_to_cart' }],
    ['"action":"checkout"', { type: 'checkout' }],
    ['"action":"Click"', { type: 'custom' }],
    ['"action":"toString"', { type: 'custom' }],
    ['"action":""', 'missing_type'],
    ['"action":null', 'missing_type'],
    ['"action":1', 'invalid_type'],
    ['"event_id":7', { id: '7' }],
    ['"event_id":null', {}],
    ['"event_id":""', 'invalid_event_id'],
    ['"event_id":false', 'invalid_event_id'],
    ['"session_id":""', {}],
    ['"session_id":1e400', {}],
    ['"session_id":{}', 'invalid_session_id'],
    ['"page":"/p/7?a#b"', { page: '/p/:id' }],
    ['"page":"?a"', {}],
    ['"page":""', {}],
    ['"page":7', 'invalid_page'],
    [`"page":"/${'x'.repeat(8_191)}"`, { page: `/${'x'.repeat(8_191)}` }],
    [`"page":"/${'x'.repeat(8_192)}"`, 'invalid_page'],
    [`"page":"/${'ü'.repeat(4_096)}"`, 'invalid_page'],
    ['"duration":0', { durationMs: 0 }],
    ['"duration":1.2345', { durationMs: 1_235 }],
    ['"duration":86400.0004', { durationMs: 86_400_000 }],
    ['"duration":86400.0006', 'invalid_duration'],
    ['"duration":-0.001', 'invalid_duration'],
    ['"duration":1e400', 'invalid_duration'],
    ['"duration":"5"', 'number_as_string'],
    ['"duration":"5 s"', 'invalid_duration'],
    ['"duration":true', 'invalid_duration'],
    ['"price":19.99', { priceMicros: 19_990_000n }],
    ['"price":0.0000004', { priceMicros: 0n }],
    ['"price":0.0000005', { priceMicros: 1n }],
    ['"price":1999e-2', { priceMicros: 19_990_000n }],
    ['"price":8999999999.9999994', { priceMicros: 8_999_999_999_999_999n }],
    ['"price":8999999999.9999995', 'invalid_price'],
    ['"price":-9000000000', 'invalid_price'],
    ['"price":-0.0000004', { priceMicros: 0n }],
    ['"price":-0.0000005', 'negative_price'],
    ['"price":1e400', 'invalid_price'],
    ['"price":"19.99"', 'number_as_string'],
    ['"price":"EUR 19.99"', 'invalid_price'],
    ['"currency":"eUr"', { currency: 'EUR' }],
    ['"currency":"EU"', 'invalid_currency'],
    ['"currency":"EURO"', 'invalid_currency'],
    ['"currency":"ÉUR"', 'invalid_currency'],
    ['"currency":""', 'invalid_currency'],
    ['"currency":978', 'invalid_currency'],
    ['"timestamp":1714557600.0005', { timeMs: at('10:00:00.001') }],
    ['"timestamp":"1714557600"', 'number_as_string'],
    ['"timestamp":"2024-05-01T10:00:00Z"', 'invalid_time'],
    ['"timestamp":""', 'invalid_time'],
    ['"timestamp":null', 'missing_time'],
    ['"timestamp":{}', 'invalid_time'],
    ['"timestamp":0', 'time_out_of_range'],
    ['"timestamp":0.001', { timeMs: 1 }],
    ['"timestamp":4102444799.999', { timeMs: Date.UTC(2100, 0, 1) - 1 }],
    ['"timestamp":4102444800', 'time_out_of_range'],
    ['"timestamp":1714557600000', 'time_out_of_range'],
  ])('%s', (member, expected) => {
    const result = read(withMember(member))
    if (typeof expected === 'string') expect(result).toBe(expected)
    else expect(result).toStrictEqual({ ...SOUND, ...expected })
  })

  test.each([
    ['2024-05-01T10:00:00Z', at('10:00:00')],
    ['2024-05-01 10:00:00 UTC', at('10:00:00')],
    ['2024-05-01t10:00z', at('10:00:00')],
    ['2024-05-01', at('00:00:00')],
    ['2024-05-01T10:00:00', at('10:00:00')],
    ['2024-05-01T10:00:00.9999', at('10:00:00.999')],
    ['2024-05-01T10:00:00.5+02:30', at('07:30:00.500')],
    ['2024-05-01T10:00:00-0230', at('12:30:00')],
    ['2024-05-01T10:00:00+02', at('08:00:00')],
    ['2024-05-01T23:59:59+23:59', at('00:00:59')],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2023-02-29', 'invalid_time'],
    ['2024-04-31', 'invalid_time'],
    ['2024-05-01T24:00:00Z', 'invalid_time'],
    ['2024-05-01T10:60:00Z', 'invalid_time'],
    ['2024-05-01T10:00:60Z', 'invalid_time'],
    ['2024-05-01T10:00:00+24:00', 'invalid_time'],
    ['2024-05-01T10:00:00+00:60', 'invalid_time'],
    ['2024-05-01T10:00:00 GMT', 'invalid_time'],
    ['2024-05-01T10:00:00.Z', 'invalid_time'],
    ['2024-05-01Z', 'invalid_time'],
    ['01.05.2024', 'invalid_time'],
    ['', 'missing_time'],
    ['1970-01-01', 'time_out_of_range'],
    ['0099-01-01', 'time_out_of_range'],
    ['2100-01-01', 'time_out_of_range'],
  ])('the ISO time %j', (time, expected) => {
    const result = read(`{"user_id":7,"event_type":"view","event_time":"${time}"}`, { dialect: 'rees46' })
    expect(typeof result === 'string' ? result : result.timeMs).toBe(expected)
  })
})

test('of several things that are wrong the first in the order of checks is the reason', () => {
  const members = [
    ['"user_id":[]', 'invalid_user'],
    ['"action":1', 'invalid_type'],
    ['"timestamp":[]', 'invalid_time'],
    ['"session_id":[]', 'invalid_session_id'],
    ['"event_id":[]', 'invalid_event_id'],
    ['"page":[]', 'invalid_page'],
    ['"duration":[]', 'invalid_duration'],
    ['"price":[]', 'invalid_price'],
    ['"currency":[]', 'invalid_currency'],
  ] as const
  for (const [at, [, reason]] of members.entries()) {
    const record = withMember(
      members
        .slice(at)
        .map(([member]) => member)
        .reverse()
        .join(),
    )
    expect(read(record)).toBe(reason)
    expect(REJECT_REASONS).toContain(reason)
  }
})

test('a session id counts where sessions are keyed by it, and must then be finite', () => {
  const bySession = { sessionKey: 'session' } as const
  expect(read(withMember('"session_id":3'), bySession)).toMatchObject({ session: '3' })
  expect(read(withMember('"session_id":""'), bySession)).toStrictEqual(SOUND)
  expect(read(withMember('"session_id":1e400'), bySession)).toBe('invalid_session_id')
})

test('a price without a currency is in the default one', () => {
  expect(read(withMember('"price":1'), { defaultCurrency: 'CHF' })).toMatchObject({ currency: 'CHF' })
  expect(read(withMember('"price":1,"currency":"EUR"'), { defaultCurrency: 'CHF' })).toMatchObject({ currency: 'EUR' })
})

test.each([
  ['"user_agent":"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"', true],
  ['"user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"', false],
  ['"user_agent":7', undefined],
])('a bot is told by its user agent, where bots are dropped: %s', (member, bot) => {
  expect(read(withMember(member), { dropBots: true })).toStrictEqual({ ...SOUND, ...(bot !== undefined && { bot }) })
  expect(read(withMember(member), { dropBots: false })).toStrictEqual(SOUND)
})
