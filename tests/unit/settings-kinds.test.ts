import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  choice,
  currencyCode,
  type Kind,
  list,
  onOff,
  orWord,
  path,
  text,
  topicName,
} from '../../consumer/settings/kinds.ts'
import { amount, byteSize, duration, port, wholeNumber } from '../../consumer/settings/quantities.ts'

const valueRead = (kind: Kind<unknown>, given: string): unknown => {
  const reading = kind.parse(given)
  return reading.ok ? reading.value : reading
}

const fixOf = (kind: Kind<unknown>, given: string): string => {
  const reading = kind.parse(given)
  return reading.ok ? `accepted as ${String(reading.value)}` : reading.fix
}

const lateness = orWord(duration(), { none: 0, unlimited: Number.POSITIVE_INFINITY })
const size = byteSize({ atLeast: '1KiB', atMost: '1TiB' })

describe('a value is read', () => {
  test.each<[what: string, Kind<unknown>, given: string, value: unknown]>([
    ['milliseconds', duration(), '500ms', 500],
    ['seconds', duration(), '30s', 30_000],
    ['minutes', duration(), '5m', 300_000],
    ['an hour and a half', duration(), '1h30m', 5_400_000],
    ['two days', duration(), '2d', 172_800_000],
    ['all units', duration(), '1d2h3m4s5ms', 93_784_005],
    ['no time at all', duration(), '0s', 0],
    ['the lower bound', duration({ atLeast: '1s', atMost: '1m' }), '1s', 1_000],
    ['the upper bound', duration({ atLeast: '1s', atMost: '1m' }), '60s', 60_000],
    ['a lateness', lateness, '10m', 600_000],
    ['no lateness', lateness, 'none', 0],
    ['unlimited lateness', lateness, 'unlimited', Number.POSITIVE_INFINITY],
    ['kibibytes', size, '512KiB', 524_288],
    ['megabytes', size, '64MB', 64_000_000],
    ['gibibytes', size, '1GiB', 1_073_741_824],
    ['bytes', size, '2000B', 2_000],
    ['a whole number', wholeNumber({ atLeast: -5, atMost: 5 }), '-5', -5],
    ['any free port', port, '0', 0],
    ['the last port', port, '65535', 65_535],
    ['a decimal', amount({ atMost: 10 }), '0.25', 0.25],
    ['nothing per second', amount({ atMost: 10 }), '0', 0],
    ['a word', choice(['red', 'green']), 'green', 'green'],
    ['a currency', currencyCode, 'EUR', 'EUR'],
    ['a path with blanks', path, './my data', './my data'],
    ['a topic', topicName(), 'user-events.v1_a', 'user-events.v1_a'],
    ['a list', list(text('PAGE')), '/a, /b', ['/a', '/b']],
    ['an empty list', list(text('PAGE')), '', []],
  ])('%s', (_, kind, given, value) => {
    expect(valueRead(kind, given)).toEqual(value)
  })

  test.each(['on', 'true', 'yes', '1', 'ON', 'True'])('%s is on', (given) => {
    expect(valueRead(onOff, given)).toBe(true)
  })

  test.each(['off', 'false', 'no', '0', 'OFF', 'No'])('%s is off', (given) => {
    expect(valueRead(onOff, given)).toBe(false)
  })

  test('a duration is the sum of its parts', () => {
    const part = fc.nat({ max: 100 })
    fc.assert(
      fc.property(part, part, part, part, part, (d, h, m, s, ms) => {
        const sum = (((d * 24 + h) * 60 + m) * 60 + s) * 1_000 + ms
        expect(valueRead(duration(), `${d}d${h}h${m}m${s}s${ms}ms`)).toBe(sum)
      }),
    )
  })
})

describe('a value that cannot be read says what to write instead', () => {
  test.each<[given: string, fix: string]>([
    ['30', 'has no unit, write 30s'],
    ['0', 'has no unit, write 0s'],
    ['30 s', 'not a duration, write 30s'],
    ['30S', 'not a duration, write 30s'],
    ['30min', 'not a duration, write 30m'],
    ['30 minutes', 'not a duration, write 30m'],
    ['1 hour 30 mins', 'not a duration, write 1h30m'],
    ['250 msec', 'not a duration, write 250ms'],
    ['5 months', 'not a duration, write for example 500ms, 30s, 5m, 1h30m or 2d'],
    ['1.5h', 'not a duration, write for example 500ms, 30s, 5m, 1h30m or 2d'],
    ['30m1h', 'not a duration, write for example 500ms, 30s, 5m, 1h30m or 2d'],
    ['-5s', 'not a duration, write for example 500ms, 30s, 5m, 1h30m or 2d'],
    ['', 'not a duration, write for example 500ms, 30s, 5m, 1h30m or 2d'],
    ['4000d', 'write a duration from 0s to 3650d'],
    ['9'.repeat(400), `has no unit, write ${'9'.repeat(400)}s`],
    [`${'9'.repeat(400)}s`, 'write a duration from 0s to 3650d'],
  ])('duration %j: %s', (given, fix) => {
    expect(fixOf(duration(), given)).toBe(fix)
  })

  test.each<[given: string, fix: string]>([
    ['1024', 'not a size with a unit, write 1024B'],
    ['1g', 'not a size with a unit, write 1GiB'],
    ['64mb', 'not a size with a unit, write 64MB'],
    ['512 kib', 'not a size with a unit, write 512KiB'],
    ['1.5GiB', 'not a size with a unit, write for example 512KiB, 64MB or 1GiB'],
    ['big', 'not a size with a unit, write for example 512KiB, 64MB or 1GiB'],
    ['1023B', 'write a size from 1KiB to 1TiB'],
    ['2TiB', 'write a size from 1KiB to 1TiB'],
  ])('size %j: %s', (given, fix) => {
    expect(fixOf(size, given)).toBe(fix)
  })

  test.each<[what: string, Kind<unknown>, given: string, fix: string]>([
    ['a fraction', wholeNumber({ atLeast: 1, atMost: 9 }), '1.5', 'write a whole number from 1 to 9'],
    ['an exponent', wholeNumber({ atLeast: 1, atMost: 9 }), '1e0', 'write a whole number from 1 to 9'],
    ['a number too small', wholeNumber({ atLeast: 1, atMost: 9 }), '0', 'write a whole number from 1 to 9'],
    ['a number too large', wholeNumber({ atLeast: 1, atMost: 9 }), '10', 'write a whole number from 1 to 9'],
    ['a port too high', port, '65536', 'write a port from 1 to 65535, or 0 for any free one'],
    ['a port by name', port, 'http', 'write a port from 1 to 65535, or 0 for any free one'],
    ['a negative amount', amount({ atMost: 9 }), '-1', 'write a number from 0 to 9, such as 0.5 or 200'],
    ['no amount', amount({ atMost: 9 }), 'NaN', 'write a number from 0 to 9, such as 0.5 or 200'],
    ['maybe', onOff, 'maybe', 'write on or off (true, false, yes, no, 1 and 0 will do)'],
    ['a slip', choice(['table', 'json']), 'tabel', 'write table or json (did you mean table?)'],
    ['another word', choice(['table', 'json']), 'xml', 'write table or json'],
    ['a small currency', currencyCode, 'eur', 'not an ISO 4217 code, write EUR'],
    ['a currency sign', currencyCode, '€', 'not an ISO 4217 code, write three capital letters such as EUR'],
    ['a blank', path, '  ', 'is empty, write a value or leave the setting out'],
    ['a topic with a slash', topicName(), 'a/b', 'write up to 249 letters, digits, dots, dashes and underscores'],
    ['a dot as topic', topicName(), '.', 'write up to 249 letters, digits, dots, dashes and underscores'],
    [
      'a topic that leaves no room',
      topicName({ suffixLength: 10 }),
      'a'.repeat(240),
      'write up to 239 letters, digits, dots, dashes and underscores',
    ],
    ['a gap in a list', list(text('PAGE')), '/a,,/b', 'value 2 of the list is empty, take it out'],
    ['too short a list', list(text('PAGE'), { atLeast: 1 }), '', 'is empty, write at least 1 PAGE'],
    ['a value twice', list(text('PAGE')), '/a,/b,/a', '"/a" stands there twice, take one out'],
    ['a bad value among others', list(choice(['x', 'y'])), 'x,z', '"z": write x or y'],
    [
      'a word beside a kind',
      lateness,
      'unlimted',
      'not a duration, write for example 500ms, 30s, 5m, 1h30m or 2d, or none or unlimited (did you mean unlimited?)',
    ],
    [
      'a property every object has',
      lateness,
      'toString',
      'not a duration, write for example 500ms, 30s, 5m, 1h30m or 2d, or none or unlimited',
    ],
  ])('%s', (_, kind, given, fix) => {
    expect(fixOf(kind, given)).toBe(fix)
  })
})
