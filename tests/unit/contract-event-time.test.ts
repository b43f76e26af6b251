import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LATEST_TIME_MS, readEpoch, readIsoTime } from '../../consumer/contract/event-time.ts'
import { runs } from '../property/runs.ts'

const encoder = new TextEncoder()

/** Reads the text from the middle of a buffer whose other bytes are digits, so that reading beyond it shows. */
function withDigitsAround<Read>(text: string, read: (bytes: Uint8Array, start: number, end: number) => Read): Read {
  const bytes = encoder.encode(`77${text}77`)
  return read(bytes, 2, bytes.length - 2)
}

const isoTime = (text: string): number => withDigitsAround(text, readIsoTime)
const two = (value: number): string => String(value).padStart(2, '0')

describe('ISO 8601 times', () => {
  test('every day from 1583 to 2400 is the day Date.UTC says', () => {
    let wrong = 0
    const last = Date.UTC(2400, 11, 31)
    for (let ms = Date.UTC(1583, 0, 1); ms <= last; ms += 86_400_000) {
      const date = new Date(ms)
      const text = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
      if (isoTime(text) !== ms) wrong++
    }
    expect(wrong).toBe(0)
  })

  test('any instant of the years 0 to 9999 reads back from its ISO text', () => {
    const instants = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(instants, (date) => {
        expect(isoTime(date.toISOString())).toBe(date.getTime())
      }),
      runs(3000),
    )
  })

  test('any zone, fraction and separator reads as Date.parse reads it', () => {
    const parts = fc.record({
      ms: fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2110, 0, 1) }),
      fraction: fc.stringMatching(/^\d{0,3}$/),
      separator: fc.constantFrom('T', ' ', 't'),
      zone: fc.oneof(
        fc.constantFrom('Z', 'z', ' UTC', ''),
        fc.record({
          sign: fc.constantFrom('+', '-'),
          hours: fc.integer({ min: 0, max: 23 }),
          minutes: fc.integer({ min: 0, max: 59 }),
          form: fc.constantFrom('hh:mm', 'hhmm', 'hh'),
        }),
      ),
    })
    fc.assert(
      fc.property(parts, ({ ms, fraction, separator, zone }) => {
        const iso = new Date(ms).toISOString()
        const seconds = fraction === '' ? '' : `.${fraction}`
        const { sent, standard } =
          typeof zone === 'string'
            ? { sent: zone, standard: 'Z' }
            : {
                sent: `${zone.sign}${two(zone.hours)}${{ 'hh:mm': `:${two(zone.minutes)}`, hhmm: two(zone.minutes), hh: '' }[zone.form]}`,
                standard: `${zone.sign}${two(zone.hours)}:${zone.form === 'hh' ? '00' : two(zone.minutes)}`,
              }
        const text = `${iso.slice(0, 10)}${separator}${iso.slice(11, 19)}${seconds}${sent}`
        expect(isoTime(text), text).toBe(Date.parse(`${iso.slice(0, 19)}${seconds}${standard}`))
      }),
      runs(4000),
    )
  })

  test.each([
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2000-02-29', Date.UTC(2000, 1, 29)],
    ['2019-10-01 00:00:00 UTC', Date.UTC(2019, 9, 1)],
    ['2024-05-01T09:30', Date.UTC(2024, 4, 1, 9, 30)],
    ['2024-05-01T09:30Z', Date.UTC(2024, 4, 1, 9, 30)],
    ['2024-05-01T00:30+01:00', Date.UTC(2024, 3, 30, 23, 30)],
    ['2024-05-01T09:30:05.9999999Z', Date.UTC(2024, 4, 1, 9, 30, 5, 999)],
    ['2024-05-01T09:30:05.0009Z', Date.UTC(2024, 4, 1, 9, 30, 5, 0)],
    ['1969-12-31T23:59:59.999Z', -1],
  ])('%s', (text, expected) => {
    expect(isoTime(text)).toBe(expected)
  })

  test.each([
    '',
    '2024',
    '2024-05',
    '2024-5-1',
    '20240501',
    '2024/05/01',
    '2024-00-01',
    '2024-13-01',
    '2024-04-00',
    '2024-04-31',
    '2023-02-29',
    '1900-02-29',
    '2100-02-29',
    '2024-02-30',
    '202x-01-01',
    '-024-01-01',
    '2024-01-0a',
    '2024-05-01T',
    '2024-05-01Z',
    '2024-05-01T9',
    '2024-05-01T09',
    '2024-05-01T09:3',
    '2024-05-01T0930',
    '2024-05-01T24:00:00',
    '2024-05-01T09:60',
    '2024-05-01T09:30:60',
    '2024-05-01T09:30:6',
    '2024-05-01T09:30:',
    '2024-05-01T09:30:05.',
    '2024-05-01T09:30:05.Z',
    '2024-05-01T09:30:05,5Z',
    '2024-05-01T09:30:05 Z',
    '2024-05-01T09:30:05ZZ',
    '2024-05-01T09:30:05 GMT',
    '2024-05-01T09:30:05UTC',
    '2024-05-01T09:30:05 utc',
    '2024-05-01T09:30:05+1',
    '2024-05-01T09:30:05+001',
    '2024-05-01T09:30:05+24:00',
    '2024-05-01T09:30:05+01:60',
    '2024-05-01T09:30:05+01:0',
    '2024-05-01T09:30:05+01-00',
    '2024-05-01T09:30:05+01:00Z',
    '2024-05-01X09:30:05Z',
    ' 2024-05-01',
    '2024-05-01 ',
  ])("'%s' is no time", (text) => {
    expect(isoTime(text)).toBeNaN()
  })
})

describe('epoch times', () => {
  const instants = fc.integer({ min: 0, max: LATEST_TIME_MS })
  const epoch = (text: string, unit: Parameters<typeof readEpoch>[3]): number =>
    withDigitsAround(text, (bytes, start, end) => readEpoch(bytes, start, end, unit))

  test('every millisecond up to 2100 reads back exactly from every unit', () => {
    fc.assert(
      fc.property(instants, fc.nat({ max: 399 }), (ms, below) => {
        expect(epoch((ms / 1000).toFixed(3), 'seconds')).toBe(ms)
        expect(epoch(String(ms / 1000), 'seconds')).toBe(ms)
        expect(epoch(String(ms), 'milliseconds')).toBe(ms)
        expect(epoch(`${ms}${String(below).padStart(3, '0')}`, 'microseconds')).toBe(ms)
        expect(epoch(`${ms}${String(below).padStart(3, '0')}999`, 'nanoseconds')).toBe(ms)
      }),
      runs(4000),
    )
  })

  test.each([
    ['1714554000', 'seconds', 1_714_554_000_000],
    ['1714554000.1234567', 'seconds', 1_714_554_000_123],
    ['1714554000.9996', 'seconds', 1_714_554_001_000],
    ['1.714554e9', 'seconds', 1_714_554_000_000],
    ['1714554000123.5', 'milliseconds', 1_714_554_000_124],
    ['1714554000123500', 'microseconds', 1_714_554_000_124],
    ['-1', 'seconds', -1000],
  ] as const)('%s %s', (text, unit, expected) => {
    expect(epoch(text, unit)).toBe(expected)
  })
})
