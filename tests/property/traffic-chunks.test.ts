import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DISORDERS, type Disorders } from '../../consumer/settings/disorders.ts'
import { createEffects } from '../../producer/faults/create-effects.ts'
import type { TimedScenario } from '../../producer/faults/scenarios.ts'
import { loadTrafficModel } from '../../producer/journeys/model.ts'
import { createTraffic, type Traffic } from '../../producer/journeys/traffic.ts'
import type { SyntheticRecord } from '../../producer/synthetic-record.ts'

const START_MS = Date.UTC(2024, 4, 1, 10)
const SECONDS = 120
const END_MS = START_MS + SECONDS * 1000

const model = loadTrafficModel()
const disorder = Object.fromEntries(DISORDERS.map((kind) => [kind, 0.05])) as Disorders
const scenarios: TimedScenario[] = [
  { name: 'bot-storm', fromMs: START_MS + 20_000, toMs: START_MS + 40_000 },
  { name: 'checkout-outage', fromMs: START_MS + 30_000, toMs: START_MS + 90_000 },
  { name: 'traffic-drop', fromMs: START_MS + 60_000, toMs: START_MS + 80_000 },
]

const someTraffic = (seed: number): Traffic =>
  createTraffic({
    seed,
    run: 0,
    model,
    dialect: 'user-events',
    visitors: 1000,
    load: { eventsPerSecond: 20 },
    startMs: START_MS,
    partitions: 4,
    allowedLatenessMs: 10_000,
    effects: createEffects({ disorder, scenarios }),
  })

const texts = (records: readonly SyntheticRecord[]): string[] =>
  records.map(({ key, value, timeMs }) => `${key} ${timeMs} ${Buffer.from(value).toString('latin1')}`)

const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 })
/** How many records are asked for at most, and how much later than before they may be sent. */
const steps = fc.array(fc.record({ most: fc.nat({ max: 50 }), laterMs: fc.nat({ max: 5000 }) }), { maxLength: 60 })

test('however records are taken, they are the same, in the order of sending, and none too early', () => {
  fc.assert(
    fc.property(seed, steps, (seed, steps) => {
      const traffic = someTraffic(seed)
      const taken: SyntheticRecord[] = []
      let untilMs = START_MS - 1
      for (const { most, laterMs } of steps) {
        untilMs = Math.min(END_MS, untilMs + laterMs)
        const records = traffic.take(most, untilMs)
        expect(records.length).toBeLessThanOrEqual(most)
        for (const { timeMs } of records) expect(timeMs).toBeLessThanOrEqual(untilMs)
        taken.push(...records)
      }
      taken.push(...traffic.take(Number.POSITIVE_INFINITY, END_MS))
      expect(texts(taken)).toEqual(texts(someTraffic(seed).take(Number.POSITIVE_INFINITY, END_MS)))
      const times = taken.map(({ timeMs }) => timeMs)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    }),
    { numRuns: 25 },
  )
})

test('as fast as possible, they are those that real time brings', () => {
  const inTime = texts(someTraffic(7).take(Number.POSITIVE_INFINITY, END_MS))
  expect(inTime.length).toBeGreaterThan(SECONDS)
  expect(texts(someTraffic(7).take(inTime.length, Number.POSITIVE_INFINITY))).toEqual(inTime)
})

test('whoever asks for an earlier time than before gets nothing from beyond it', () => {
  const traffic = someTraffic(7)
  const [first] = traffic.take(1, END_MS)
  expect(traffic.take(Number.POSITIVE_INFINITY, first!.timeMs - 1)).toEqual([])
})
