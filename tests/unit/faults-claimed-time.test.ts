import { describe, expect, test } from 'vitest'
import { NO_DISORDER } from '../../consumer/settings/disorders.ts'
import { createDisordering } from '../../producer/faults/disordering.ts'
import type { Effects } from '../../producer/faults/effects.ts'
import { judge } from '../../producer/oracle/judge.ts'
import { createRandom } from '../../producer/random.ts'
import { at } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { bounds, disordered, effectsOf, eventsOf, type SteadyTraffic, shareOf } from './faults-sent.ts'

const verdictsOf = (traffic: SteadyTraffic, logTimeMs?: number): string[] => {
  const events = eventsOf(disordered(traffic).sent)
  const logged = logTimeMs === undefined ? events : events.map((event) => ({ ...event, logTimeMs }))
  const options = aReferenceRun({ allowedLatenessMs: traffic.allowedLatenessMs ?? 600_000 })
  return judge(logged, options).map(({ verdict }) => verdict)
}

describe('a late claim', () => {
  test.each([
    { allowedLatenessMs: 600_000, least: 720_000, most: 2_400_000 },
    { allowedLatenessMs: 5_000, least: 6_000, most: 20_000 },
    { allowedLatenessMs: 0, least: 1_000, most: 15_000 },
    { allowedLatenessMs: Number.POSITIVE_INFINITY, least: 720_000, most: 2_400_000 },
  ])('lies $least to $most ms back with a lateness of $allowedLatenessMs ms', ({ allowedLatenessMs, least, most }) => {
    const { made } = disordered({ disorder: { late: 1 }, allowedLatenessMs })
    const behind = made.map(({ happenedMs, claimedMs }) => happenedMs - claimedMs)
    const [low, high] = [Math.min(...behind), Math.max(...behind)]
    expect(low).toBeGreaterThanOrEqual(least)
    expect(low).toBeLessThan(least + 0.01 * most)
    expect(high).toBeLessThanOrEqual(most)
    expect(high).toBeGreaterThan(0.99 * most)
  })

  test.each([0, 5_000, 600_000])('is late for a consumer that allows %i ms, and no other is', (allowedLatenessMs) => {
    const { made, sent } = disordered({ disorder: { late: 0.2 }, allowedLatenessMs })
    const verdicts = judge(eventsOf(sent), aReferenceRun({ allowedLatenessMs })).map(({ verdict }) => verdict)
    // Before the first event that is on time there is no watermark.
    const first = made.findIndex(({ happenedMs, claimedMs }) => claimedMs === happenedMs)
    const expected = made.map(({ happenedMs, claimedMs }) => (claimedMs < happenedMs ? 'late' : 'accepted'))
    expect(verdicts.slice(first)).toStrictEqual(expected.slice(first))
    const [least, most] = bounds(0.2, expected.length)
    expect(shareOf(expected, (verdict) => verdict === 'late')).toBeGreaterThan(least)
    expect(shareOf(expected, (verdict) => verdict === 'late')).toBeLessThan(most)
  })
})

describe('a future-dated claim', () => {
  test.each([
    ['as it happens', undefined],
    ['of a simulated past, years later', at('09:00:00') + 20 * 365 * 86_400_000],
  ])('is rejected %s, and no other is', (_, logTimeMs) => {
    const share = shareOf(
      verdictsOf({ disorder: { future_dated: 0.2 } }, logTimeMs),
      (verdict) => verdict === 'future_dated',
    )
    const [least, most] = bounds(0.2, 5_000)
    expect(share).toBeGreaterThan(least)
    expect(share).toBeLessThan(most)
    expect(new Set(verdictsOf({ disorder: { future_dated: 0.2 } }, logTimeMs))).toStrictEqual(
      new Set(['accepted', 'future_dated']),
    )
  })
})

describe('skewed clocks', () => {
  const skewedIn = (traffic: SteadyTraffic): Set<number> =>
    new Set(
      disordered({ scenario: 'clock-skew', ...traffic })
        .made.filter(({ happenedMs, claimedMs }) => claimedMs < happenedMs)
        .map(({ person }) => person),
    )

  test('are a fixed share of the people, the same ones throughout and for every seed', () => {
    const skewed = skewedIn({ people: 2_500 })
    const [least, most] = bounds(0.3, 2_500)
    expect(skewed.size / 2_500).toBeGreaterThan(least)
    expect(skewed.size / 2_500).toBeLessThan(most)
    expect(skewedIn({ people: 2_500, seed: 8 })).toStrictEqual(skewed)
    const { made } = disordered({ scenario: 'clock-skew', people: 2_500 })
    for (const { person, happenedMs, claimedMs } of made)
      expect(happenedMs - claimedMs).toBe(skewed.has(person) ? 1_800_000 : 0)
  })

  test.each([
    [0, 120_000],
    [5_000, 120_000],
    [600_000, 1_800_000],
  ])('with a lateness of %i ms are %i ms behind, which is late', (allowedLatenessMs, behindMs) => {
    const { made } = disordered({ scenario: 'clock-skew', allowedLatenessMs })
    const behind = new Set(made.map(({ happenedMs, claimedMs }) => happenedMs - claimedMs))
    expect(behind).toStrictEqual(new Set([0, behindMs]))
    const verdicts = verdictsOf({ scenario: 'clock-skew', allowedLatenessMs })
    const skewed = skewedIn({ allowedLatenessMs })
    const first = made.findIndex(({ person }) => !skewed.has(person))
    for (const [index, { person }] of [...made.entries()].slice(first))
      expect(verdicts[index]).toBe(skewed.has(person) ? 'late' : 'accepted')
  })
})

describe('the poisoned client', () => {
  test('is a single one, whose events alone are rejected as they happen', () => {
    const { made } = disordered({ scenario: 'poison-clock' })
    for (const { person, happenedMs, claimedMs } of made)
      expect(claimedMs - happenedMs).toBe(person === 0 ? 3_600_000 : 0)
    const verdicts = verdictsOf({ scenario: 'poison-clock' })
    expect(verdicts).toStrictEqual(made.map(({ person }) => (person === 0 ? 'future_dated' : 'accepted')))
  })

  test('of a simulated past counts, and makes nobody late', () => {
    const years = at('09:00:00') + 5 * 365 * 86_400_000
    const { made, sent } = disordered({ scenario: 'poison-clock', allowedLatenessMs: 5_000 })
    expect(made.filter(({ claimedMs, happenedMs }) => claimedMs > happenedMs)).toHaveLength(100)
    // Somebody else comes first: the first event of all is believed whatever it says.
    const log = eventsOf(sent.slice(1)).map((event) => ({ ...event, logTimeMs: years }))
    const verdicts = judge(log, aReferenceRun({ allowedLatenessMs: 5_000, appendTime: false }))
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toStrictEqual(new Set(['accepted']))
  })

  test('is another one when the scenario comes again', () => {
    const { claimedTimeMs } = createDisordering({ random: createRandom(1, 1), allowedLatenessMs: 600_000 })
    const calm = effectsOf({})
    const poison = effectsOf({ scenario: 'poison-clock' })
    const steps: [person: number, effects: Effects, aheadMs: number][] = [
      [4, calm, 0],
      [5, poison, 3_600_000],
      [4, poison, 0],
      [5, poison, 3_600_000],
      [5, calm, 0],
      [4, poison, 3_600_000],
      [5, poison, 0],
    ]
    for (const [person, effects, aheadMs] of steps)
      expect(claimedTimeMs(at('09:00:00'), person, effects) - at('09:00:00')).toBe(aheadMs)
  })
})

test('without disorder and scenario a client claims the time at which it happened', () => {
  const { made } = disordered({ disorder: NO_DISORDER })
  expect(made.every(({ happenedMs, claimedMs }) => claimedMs === happenedMs)).toBe(true)
})
