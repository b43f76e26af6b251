import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Judged, judge } from '../../producer/oracle/judge.ts'
import { sessionKeyOf } from '../../producer/oracle/sessions.ts'
import { eventStreams, permutationsOf, referenceOptions } from '../arbitraries.ts'

const sampled = fc.sample(
  referenceOptions().chain((options) => eventStreams(options).map((events) => ({ options, events }))),
  { numRuns: 600, seed: 20240501 },
)
const walks = sampled.map(({ options, events }) => ({ options, judged: judge(events, options) }))
const everyEvent: readonly Judged[] = walks.flatMap(({ judged }) => judged)

describe('a property test that draws these streams meets', () => {
  test.each([
    ['accepted', 0.3],
    ['late', 0.05],
    ['duplicate', 0.02],
    ['future_dated', 0.02],
    ['bot', 0.01],
  ] as const)('events that are %s, at least %d of all', (verdict, atLeast) => {
    expect(everyEvent.filter((one) => one.verdict === verdict).length / everyEvent.length).toBeGreaterThan(atLeast)
  })

  test.each([-1, 0, 1])('neighbours in one key at the session gap %+d ms', (besideMs) => {
    const distances = walks.flatMap(({ options, judged }) => {
      const accepted = judged.filter((one) => one.verdict === 'accepted').map((one) => one.event)
      const times = Map.groupBy(accepted, (event) => sessionKeyOf(event, options.sessionKey))
      return [...times.values()].flatMap((events) =>
        events
          .map((event) => event.timeMs)
          .sort((a, b) => a - b)
          .map((timeMs, index, sorted) => timeMs - (sorted[index - 1] ?? -Infinity) - options.gapMs),
      )
    })
    expect(distances.filter((distance) => distance === besideMs).length).toBeGreaterThan(50)
  })

  const beforeAndAfter = walks.flatMap(({ options, judged }) =>
    judged.slice(1).map((after, index) => ({ options, before: judged[index]!, after })),
  )
  const accepted = beforeAndAfter.filter(({ after }) => after.verdict === 'accepted')

  test('accepted events behind stream time', () => {
    expect(accepted.filter(({ before, after }) => after.event.timeMs < before.streamTimeMs).length).toBeGreaterThan(500)
  })

  test('accepted events exactly at the watermark, and late ones 1 ms before it', () => {
    const distances = beforeAndAfter.map(({ before, after }) => after.event.timeMs - before.watermarkMs)
    expect(distances.filter((distance) => distance === 0).length).toBeGreaterThan(50)
    expect(distances.filter((distance) => distance === -1).length).toBeGreaterThan(50)
  })

  test('events too far ahead to move stream time', () => {
    const unmoved = accepted.filter(
      ({ before, after }) =>
        after.streamTimeMs === before.streamTimeMs &&
        Math.min(after.event.timeMs, after.event.logTimeMs) > before.streamTimeMs,
    )
    expect(unmoved.length).toBeGreaterThan(200)
  })

  test('ids accepted a second time because they were forgotten', () => {
    const again = walks.flatMap(({ judged }) => {
      const ids = judged.filter((one) => one.verdict === 'accepted').map((one) => one.event.id)
      return ids.filter((id, index) => id !== undefined && ids.indexOf(id) < index)
    })
    expect(again.length).toBeGreaterThan(10)
  })
})

test('a permutation holds every item once', () => {
  fc.assert(
    fc.property(permutationsOf([1, 2, 3, 4]), (permutation) => {
      expect([...permutation].sort()).toStrictEqual([1, 2, 3, 4])
    }),
  )
})

test('permutations differ', () => {
  expect(new Set(fc.sample(permutationsOf([1, 2, 3]), { numRuns: 200, seed: 1 }).map(String)).size).toBe(6)
})
