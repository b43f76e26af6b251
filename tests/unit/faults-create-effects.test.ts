import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_DISORDER } from '../../consumer/settings/disorders.ts'
import { SCENARIOS, type ScenarioName } from '../../consumer/settings/scenario-names.ts'
import { createEffects } from '../../producer/faults/create-effects.ts'
import type { Effects } from '../../producer/faults/effects.ts'
import type { TimedScenario } from '../../producer/faults/scenarios.ts'
import { runs } from '../property/runs.ts'

const CALM: Effects = {
  disorder: NO_DISORDER,
  arrivals: 1,
  botVisits: 0,
  viral: 0,
  failedPurchases: 0,
  paymentDelayMs: 0,
  newPaths: 0,
  silentPartition: undefined,
  skewed: 0,
  skewMs: 0,
  poisonMs: 0,
}

const timed = (name: ScenarioName, fromMs: number, toMs: number): TimedScenario => ({ name, fromMs, toMs })
const duringAll = (names: readonly ScenarioName[], disorder = NO_DISORDER): Effects =>
  createEffects({ disorder, scenarios: names.map((name) => timed(name, 0, 1)) }).at(0)

describe('effects', () => {
  test('without scenarios are those of an undisturbed day with the given disorder, always', () => {
    const disorder = { ...NO_DISORDER, late: 0.01, bot: 0.1 }
    const effects = createEffects({ disorder, scenarios: [] })
    for (const timeMs of [-1e15, 0, 1e15]) expect(effects.at(timeMs)).toStrictEqual({ ...CALM, disorder })
    expect(effects.at(-1e15)).toBe(effects.at(1e15))
  })

  test.each<[at: number, arrivals: number]>([
    [999, 1],
    [1_000, 0.1],
    [1_999, 0.1],
    [2_000, 1],
  ])('of a scenario from 1,000 to 2,000: at %i arrivals are multiplied by %d', (timeMs, arrivals) => {
    const effects = createEffects({ disorder: NO_DISORDER, scenarios: [timed('traffic-drop', 1_000, 2_000)] })
    expect(effects.at(timeMs).arrivals).toBe(arrivals)
  })

  test('of a scenario that ends when it begins never happen', () => {
    const effects = createEffects({ disorder: NO_DISORDER, scenarios: [timed('traffic-drop', 1_000, 1_000)] })
    for (const timeMs of [999, 1_000, 1_001]) expect(effects.at(timeMs)).toStrictEqual(CALM)
  })

  test('are one prepared object between two boundaries', () => {
    const scenarios = [timed('late-burst', 1_000, 3_000), timed('viral-spike', 2_000, 4_000)]
    const effects = createEffects({ disorder: NO_DISORDER, scenarios })
    const objects = new Set(Array.from({ length: 500 }, (_, index) => effects.at(index * 10)))
    expect(objects.size).toBe(5)
  })

  test('at a time depend on that time alone, whatever was asked before', () => {
    const anyScenario = fc.record({
      name: fc.constantFrom(...SCENARIOS),
      fromMs: fc.nat(100),
      toMs: fc.nat(100),
    })
    fc.assert(
      fc.property(fc.array(anyScenario, { maxLength: 5 }), fc.array(fc.nat(100)), (scenarios, times) => {
        const asked = createEffects({ disorder: NO_DISORDER, scenarios })
        for (const timeMs of times) {
          const running = scenarios.filter(({ fromMs, toMs }) => fromMs <= timeMs && timeMs < toMs)
          expect(asked.at(timeMs)).toStrictEqual(duringAll(running.map(({ name }) => name)))
        }
      }),
      runs(300),
    )
  })
})

describe('a scenario', () => {
  test.each<[ScenarioName, Partial<Effects>]>([
    ['checkout-outage', { failedPurchases: 1 }],
    ['payment-slow', { paymentDelayMs: 20_000 }],
    ['bot-storm', { botVisits: 1 }],
    ['viral-spike', { arrivals: 8, viral: 0.875 }],
    ['traffic-drop', { arrivals: 0.1 }],
    ['late-burst', { disorder: { ...NO_DISORDER, late: 0.4 } }],
    ['duplicate-storm', { disorder: { ...NO_DISORDER, duplicate: 0.6 } }],
    ['clock-skew', { skewed: 0.3, skewMs: 120_000 }],
    ['malformed-flood', { disorder: { ...NO_DISORDER, bad_json: 0.1, wrong_type: 0.1, truncated: 0.1 } }],
    ['cardinality-attack', { newPaths: 0.5 }],
    ['silent-partition', { silentPartition: 0 }],
    ['poison-clock', { poisonMs: 3_600_000 }],
  ])('%s changes what it is about, and nothing else', (name, changed) => {
    expect(duringAll([name])).toStrictEqual({ ...CALM, ...changed })
  })

  test('adds to the disorder that is there anyway', () => {
    const disorder = { ...NO_DISORDER, late: 0.1, duplicate: 0.2 }
    expect(duringAll(['late-burst'], disorder).disorder).toStrictEqual({ ...disorder, late: 0.5 })
  })
})

describe('scenarios at once', () => {
  test('multiply their factors and add up their shares', () => {
    expect(
      duringAll(['viral-spike', 'traffic-drop', 'payment-slow', 'payment-slow', 'cardinality-attack']),
    ).toStrictEqual({ ...CALM, arrivals: 0.8, viral: 0.875, paymentDelayMs: 40_000, newPaths: 0.5 })
  })

  test.each<[names: ScenarioName[], share: (effects: Effects) => number]>([
    [['checkout-outage', 'checkout-outage'], (effects) => effects.failedPurchases],
    [['viral-spike', 'viral-spike'], (effects) => effects.viral],
    [['cardinality-attack', 'cardinality-attack', 'cardinality-attack'], (effects) => effects.newPaths],
    [['clock-skew', 'clock-skew', 'clock-skew', 'clock-skew'], (effects) => effects.skewed],
    [['late-burst', 'late-burst', 'late-burst'], (effects) => effects.disorder.late],
    [['duplicate-storm', 'duplicate-storm'], (effects) => effects.disorder.duplicate],
  ])('%j have a share of 1 at most', (names, share) => {
    expect(share(duringAll(names))).toBe(1)
  })

  test('keep the proportions of what happens to a record where there is more than all records', () => {
    const { disorder } = duringAll(['duplicate-storm', 'malformed-flood', 'malformed-flood', 'malformed-flood'])
    expect(disorder.duplicate).toBeCloseTo(0.4, 12)
    for (const kind of ['bad_json', 'wrong_type', 'truncated'] as const) expect(disorder[kind]).toBeCloseTo(0.2, 12)
  })

  test('leave wrong times and what happens to records apart', () => {
    const { disorder } = duringAll(['late-burst', 'duplicate-storm', 'malformed-flood'])
    expect(disorder).toMatchObject({ late: 0.4, duplicate: 0.6, bad_json: 0.1, wrong_type: 0.1, truncated: 0.1 })
  })
})
