import { describe, expect, test } from 'vitest'
import { AT_ONCE, asItHappened, atRate, tempoOf } from '../../producer/replay/tempo.ts'

const T = Date.UTC(2019, 9, 1)

describe('as it happened', () => {
  test.each([
    [1, [0, 1_000, 61_000]],
    [60, [0, 1_000 / 60, 61_000 / 60]],
    [0.5, [0, 2_000, 122_000]],
  ])('%d times as fast, records are due as far apart as they happened, gaps included', (factor, due) => {
    const tempo = asItHappened(factor)
    const times = [T, T + 1_000, T + 61_000]
    let nowMs = 0
    const moments = times.map((timeMs) => {
      nowMs = tempo.due(timeMs, nowMs)
      return nowMs
    })
    expect(moments.map((moment) => moment.toFixed(6))).toEqual(due.map((moment) => moment.toFixed(6)))
  })

  test('a record that comes late, or tells no time, is due with the one before it', () => {
    const tempo = asItHappened(1)
    expect(tempo.due(T, 0)).toBe(0)
    expect(tempo.due(T + 500, 0)).toBe(500)
    expect(tempo.due(T - 86_400_000, 500)).toBe(500)
    expect(tempo.due(undefined, 500)).toBe(500)
    expect(tempo.due(T + 700, 500)).toBe(700)
  })

  test('records before the first time are due at once, and nothing is waited for on their account', () => {
    const tempo = asItHappened(1)
    expect([tempo.due(undefined, 5), tempo.due(undefined, 6), tempo.due(T, 7), tempo.due(T + 10, 7)]).toEqual([
      5, 6, 7, 17,
    ])
  })

  test('what a slow receiver left behind is made up for within a second, and no more than that', () => {
    const tempo = asItHappened(1)
    tempo.due(T, 0)
    expect(tempo.due(T + 100, 600)).toBe(100)
    // A minute was lost: it goes on at the pace, not in one burst.
    expect(tempo.due(T + 200, 60_600)).toBe(59_700)
    expect(tempo.due(T + 5_200, 60_600)).toBe(64_700)
  })
})

describe('a rate', () => {
  test.each([
    [200, 5],
    [0.5, 2_000],
    [3, 1_000 / 3],
  ])('of %d a second makes a record due every %d ms, the first at once', (perSecond, everyMs) => {
    const tempo = atRate(perSecond)
    const due = [0, 1, 2, 3].map(() => tempo.due(T, 50))
    expect(due.map((moment) => moment.toFixed(6))).toEqual([0, 1, 2, 3].map((n) => (50 + n * everyMs).toFixed(6)))
  })

  test('is not exceeded for long after a standstill', () => {
    const tempo = atRate(10)
    tempo.due(undefined, 0)
    const behind = Array.from({ length: 100 }, () => tempo.due(undefined, 60_000)).filter((due) => due <= 60_000)
    expect(behind).toHaveLength(11)
  })
})

test('at once, everything is due whenever it is asked for', () => {
  expect([AT_ONCE.due(T, 3), AT_ONCE.due(undefined, 4), AT_ONCE.due(T + 9e9, 5)]).toEqual([3, 4, 5])
})

test.each([
  [undefined, undefined, 'as fast as it gets'],
  [1, undefined, 'as fast as it happened'],
  [60, undefined, '60 times as fast as it happened'],
  [undefined, 0.5, '0.5 records a second'],
])('a speed of %s and a rate of %s mean %s', (speed, rate, inWords) => {
  expect(tempoOf(speed, rate).inWords).toBe(inWords)
})
