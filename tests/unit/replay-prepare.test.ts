import { describe, expect, test } from 'vitest'
import { BUILT_IN_DIALECTS, type Dialect } from '../../consumer/contract/dialects.ts'
import type { CoreOptions } from '../../consumer/core/options.ts'
import { numericColumnsOf } from '../../producer/replay/numeric-columns.ts'
import { eventPreparation } from '../../producer/replay/prepare-event.ts'
import { preparePageviews } from '../../producer/replay/prepare-pageviews.ts'
import type { Prepare } from '../../producer/replay/prepared-record.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'

const options: CoreOptions = { ...coreOptions(aReferenceRun()), dialect: 'auto' }

/** The record as it stands on line 7 of the second file. */
function prepared(prepare: Prepare, text: string) {
  const bytes = Buffer.from(`##${text}##`)
  const result = prepare({ bytes, start: 2, end: bytes.length - 2, position: 7 }, 2)
  return typeof result === 'string' ? result : { ...result, value: Buffer.from(result.value).toString() }
}

describe('an event', () => {
  const prepare = eventPreparation(options, 'abc')

  test.each([
    ['{"user_id":7,"action":"view","timestamp":1700000000.5}', '7', 1_700_000_000_500],
    ['{"event_type":"click","user_id":"ann","timestamp":"2024-01-01T00:00:00Z"}', 'ann', Date.UTC(2024, 0, 1)],
    ['{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","user_id":"9"}', '9', Date.UTC(2019, 9, 1)],
  ])('%s is keyed by its user and gets an id of its place', (text, key, timeMs) => {
    const value = `{"event_id":"abc-2-7",${text.slice(1)}`
    expect(prepared(prepare, text)).toEqual({ key, value, timeMs })
  })

  test('keeps the id it has, byte by byte', () => {
    const text = '{"user_id":7,"action":"view", "timestamp":1.70e9,"event_id":"x"}'
    expect(prepared(prepare, text)).toEqual({ key: '7', value: text, timeMs: 1_700_000_000_000 })
  })

  test.each([
    ['broken text', '{"user_id":7,"act'],
    ['no user', '{"action":"view","timestamp":1}'],
    ['a price that is none', '{"user_id":7,"action":"view","timestamp":1700000000,"price":"x"}'],
  ])('that will be rejected for %s is sent as it is, under the key of its place', (_what, text) => {
    expect(prepared(prepare, text)).toEqual({ key: '2-7', value: text, timeMs: undefined })
  })

  test('that an id would make too large to be read goes without one', () => {
    const text = '{"user_id":7,"action":"view","timestamp":1700000000}'
    const tight = eventPreparation({ ...options, maxRecordBytes: text.length }, 'abc')
    expect(prepared(tight, text)).toMatchObject({ key: '7', value: text })
  })

  test('of a shape of its own without a place for an id stays as it is', () => {
    const { eventId: _, ...fields } = { ...BUILT_IN_DIALECTS['user-events'].fields, userId: 'who' }
    const dialect: Dialect = { ...BUILT_IN_DIALECTS['user-events'], name: 'custom', fields }
    const text = '{"who":7,"action":"view","timestamp":1700000000}'
    expect(prepared(eventPreparation({ ...options, dialect }, 'abc'), text)).toMatchObject({ key: '7', value: text })
  })
})

describe('pageviews', () => {
  test('are keyed by project and page, at the time of their file', () => {
    const text = '{"project":"en","page":"Main_Page","count":3,"bytes":0,"timestamp":"2024-01-31T17:00:00Z"}'
    expect(prepared(preparePageviews, text)).toEqual({
      key: 'en Main_Page',
      value: text,
      timeMs: Date.UTC(2024, 0, 31, 17),
    })
  })

  test.each([
    ['{"page":"A","count":3,"bytes":0}', 'without a project or a page'],
    ['{"project":"en","count":3,"bytes":0}', 'without a project or a page'],
    ['{"count":3,"bytes":0}', 'without a project or a page'],
    ['en A 1', 'broken lines'],
    ['null', 'broken lines'],
    ['{"project":"en","page":"A"}', 'broken lines'],
  ])('%s is left out: %s', (text, why) => {
    expect(prepared(preparePageviews, text)).toBe(why)
  })
})

describe('columns that must be numbers', () => {
  const custom: Dialect = {
    ...BUILT_IN_DIALECTS.ecommerce,
    name: 'custom',
    fields: { userId: 'u', type: 't', time: 'ms', price: 'cost', duration: 'spent' },
    timeFormat: 'milliseconds',
  }

  test.each<[string, Dialect | 'auto', string[], string[]]>([
    ['user events', 'auto', ['user_id', 'action', 'timestamp'], ['timestamp', 'duration', 'price']],
    ['user events by their time', 'auto', ['user_id', 'timestamp'], ['timestamp', 'duration', 'price']],
    ['shop events', 'auto', ['event_type', 'event_ts', 'price'], ['price']],
    ['rees46, where numbers may be text', 'auto', ['event_time', 'event_type', 'price'], []],
    ['nothing known', 'auto', ['a', 'b'], []],
    ['a shape of its own', custom, ['u', 't', 'ms'], ['ms', 'spent', 'cost']],
    ['a shape of its own with ISO times', { ...custom, timeFormat: 'iso' }, ['u'], ['spent', 'cost']],
    ['a shape of its own with text', { ...custom, numbersAsStrings: true }, ['u'], []],
  ])('of %s', (_what, dialect, columns, numeric) => {
    expect([...numericColumnsOf(dialect)(columns)]).toEqual(numeric)
  })
})
