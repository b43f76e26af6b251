import { describe, expect, test } from 'vitest'
import { bucketsOf } from '../../scripts/pictures/draw/heat.ts'
import { barsOf } from '../../scripts/pictures/draw/states.ts'
import { periodOf } from '../../scripts/pictures/draw-all.ts'
import { atOnce, hasFigures, lastOf, overTime, timesOf } from '../../scripts/pictures/series.ts'
import { written } from '../../scripts/pictures/units.ts'
import { builtInValues, filledIn } from '../../scripts/pictures/variables.ts'

const FOUR_STEPS = { start: 1_000, end: 1_030, step: 10 }

describe('variables', () => {
  const values = { job: 'clickstream', topic: '.+', window: '5m', ...builtInValues(FOUR_STEPS, '5m') }

  test.each([
    ['up{job="$job"}', 'up{job="clickstream"}'],
    [`up{job="\${job}"}`, 'up{job="clickstream"}'],
    ['x{topic=~"$topic",job=~"$job|"}', 'x{topic=~".+",job=~"clickstream|"}'],
    ['rate(x[$window]) + rate(y[$__rate_interval])', 'rate(x[5m]) + rate(y[5m])'],
    ['x[$__range:$__interval] * $__range_s', 'x[30s:10s] * 30'],
    ['label_replace(x, "a", "$1", "b", "(.*)")', 'label_replace(x, "a", "$1", "b", "(.*)")'],
  ])('%s becomes %s', (expression, filled) => {
    expect(filledIn(expression, values)).toBe(filled)
  })

  test('a name without a value is refused', () => {
    expect(() => filledIn('x{page="$page"}', values)).toThrow('$page in x{page="$page"} is no variable')
  })
})

describe('the period', () => {
  test.each([
    ['as long as the dashboard shows', 'now-15m', undefined, { start: 9_100, end: 10_000, step: 12 }],
    ['a step shorter at most', 'now-6h', 161, { start: 9_841, end: 10_000, step: 3 }],
    ['as long as one asks for', 'now-6h', 60, { start: 9_940, end: 10_000, step: 1 }],
  ])('is %s, in whole steps up to its end', (_, from, periodSeconds, period) => {
    expect(periodOf({ time: { from } }, { end: 10_000, periodSeconds })).toStrictEqual(period)
    expect(timesOf(period).at(-1)).toBe(period.end)
  })

  test('must be given where the dashboard begins at a fixed time', () => {
    expect(() => periodOf({ time: { from: '2026-01-01' } }, { end: 10_000, periodSeconds: undefined })).toThrow(
      'give the length of the period with --period',
    )
  })
})

describe('an answer', () => {
  test('over time has a value for every step, and a gap where Prometheus has none or no number', () => {
    const answered = [
      {
        metric: { page: '/', job: 'shop' },
        values: [
          [1_000, '1'],
          [1_020, 'NaN'],
          [1_030, '4'],
        ] as const,
      },
    ]
    expect(overTime(answered, '{{page}} of {{job}}', FOUR_STEPS)).toStrictEqual([
      { name: '/ of shop', values: [1, null, null, 4] },
    ])
  })

  test('at once has one value; a label that is not there leaves no space', () => {
    const answered = [{ metric: { alertname: 'NoEvents' }, values: [[1_000, '2.5']] as const }]
    expect(atOnce(answered, '{{alertname}} {{severity}}')).toStrictEqual([{ name: 'NoEvents', values: [2.5] }])
  })

  test.each([
    [[null, null], false, undefined],
    [[3, null], true, 3],
    [[3, 0], true, 0],
  ])('%j has figures: %s, the last is %s', (values, has, last) => {
    expect([hasFigures({ name: '', values }), lastOf({ name: '', values })]).toStrictEqual([has, last])
  })
})

test('cumulative buckets become what fell into each, lowest first', () => {
  const cumulative = [
    { name: '+Inf', values: [10, 20] },
    { name: '5', values: [4, null] },
    { name: '0.5', values: [1, null] },
  ]
  expect(bucketsOf(cumulative)).toStrictEqual([
    { bound: 0.5, counts: [1, 0] },
    { bound: 5, counts: [3, 0] },
    { bound: Infinity, counts: [6, 20] },
  ])
})

test('a state is one bar for as long as it holds, and no bar in a gap', () => {
  const series = { name: 'x', values: [1, 1, 0, null, 1] }
  expect(barsOf(series, [0, 10, 20, 30, 40], 10)).toStrictEqual([
    { from: 0, to: 20, value: 1 },
    { from: 20, to: 30, value: 0 },
    { from: 40, to: 50, value: 1 },
  ])
})

test.each([
  [0, 'short', '0'],
  [12_345, 'short', '12.3 K'],
  [-2_000_000, 'short', '-2 M'],
  [0.5, 'cps', '0.5'],
  [-1.6e-16, 'percentunit', '0 %'],
  [0.0312, 'percentunit', '3.12 %'],
  [41.26, 'percent', '41.3 %'],
  [0, 's', '0 s'],
  [0.0042, 's', '4.2 ms'],
  [95, 's', '1.58 min'],
  [7_200, 's', '2 h'],
  [1_536, 'bytes', '1.5 KiB'],
  [1, 'bool_on_off', 'on'],
  [0, 'bool_on_off', 'off'],
])('%d of %s is written %s', (value, unit, text) => {
  expect(written(value, { unit })).toBe(text)
})

test('a panel says how many digits it wants', () => {
  expect(written(0.12345, { unit: 'percentunit', decimals: 1 })).toBe('12.3 %')
})
