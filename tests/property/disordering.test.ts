import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DISORDERS, type Disorders, NO_DISORDER } from '../../consumer/settings/disorders.ts'
import { SCENARIOS } from '../../consumer/settings/scenario-names.ts'
import { createEffects } from '../../producer/faults/create-effects.ts'
import { createDisordering } from '../../producer/faults/disordering.ts'
import type { TimedScenario } from '../../producer/faults/scenarios.ts'
import { createRandom } from '../../producer/random.ts'
import type { SyntheticRecord } from '../../producer/synthetic-record.ts'
import { runs } from './runs.ts'

interface Run {
  readonly seed: number
  readonly disorder: Disorders
  readonly scenarios: readonly TimedScenario[]
  readonly allowedLatenessMs: number
  /** Milliseconds between one event and the next. */
  readonly steps: readonly number[]
}

const shares = fc
  .record(Object.fromEntries(DISORDERS.map((kind) => [kind, fc.constantFrom(0, 0, 0, 0.05, 0.3, 1)])))
  .map((drawn) => ({ ...NO_DISORDER, ...drawn }) as Disorders)

const timedScenarios = fc.array(
  fc.record({ name: fc.constantFrom(...SCENARIOS), fromMs: fc.nat(60_000), durationMs: fc.nat(60_000) }),
  { maxLength: 4 },
)

const anyRun: fc.Arbitrary<Run> = fc.record({
  seed: fc.nat(),
  disorder: shares,
  scenarios: timedScenarios.map((drawn) =>
    drawn.map(({ name, fromMs, durationMs }) => ({ name, fromMs, toMs: fromMs + durationMs })),
  ),
  allowedLatenessMs: fc.constantFrom(0, 1, 5_000, 60_000, Number.POSITIVE_INFINITY),
  steps: fc.array(fc.constantFrom(0, 1, 100, 3_000), { maxLength: 80 }),
})

const recordOf = (number: number, claimedMs: number, timeMs: number): SyntheticRecord => {
  const text = `{"event_id":"${number}","user_id":${number % 7},"action":"view","timestamp":${claimedMs / 1000}}`
  return { key: String(number % 7), value: Buffer.from(text), timeMs }
}

/** What is made, and what is sent in the order of sending; `undamaged` takes the kinds that change the bytes out. */
function sentOf(run: Run, { undamaged = false } = {}): { made: SyntheticRecord[]; sent: SyntheticRecord[] } {
  const effects = createEffects(run)
  const disordering = createDisordering({
    random: createRandom(run.seed, 1),
    allowedLatenessMs: run.allowedLatenessMs,
  })
  const made: SyntheticRecord[] = []
  const sent: SyntheticRecord[] = []
  let nowMs = 0
  for (const [number, stepMs] of run.steps.entries()) {
    nowMs += stepMs
    while (disordering.heldUntilMs <= nowMs) sent.push(disordering.release())
    const present = effects.at(nowMs)
    const calm = { ...present, disorder: { ...present.disorder, bad_json: 0, wrong_type: 0, truncated: 0 } }
    const now = undamaged ? calm : present
    const record = recordOf(number, disordering.claimedTimeMs(nowMs, number % 7, now), nowMs)
    made.push(record)
    disordering.pass(record, now, sent)
  }
  while (disordering.heldUntilMs < Number.POSITIVE_INFINITY) sent.push(disordering.release())
  return { made, sent }
}

const text = ({ value }: SyntheticRecord): string => Buffer.from(value).toString('latin1')

describe('whatever goes wrong', () => {
  test('the same seed sends the same bytes at the same times', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const plain = ({ key, value, timeMs }: SyntheticRecord) => [key, text({ key, value, timeMs }), timeMs]
        expect(sentOf(run).sent.map(plain)).toStrictEqual(sentOf(run).sent.map(plain))
      }),
      runs(500),
    )
  })

  test('undamaged, every record is sent once or twice, and nothing that was not made', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { made, sent } = sentOf(run, { undamaged: true })
        const times = new Map<string, number>(made.map((record) => [text(record), 0]))
        for (const record of sent) {
          expect(times.has(text(record))).toBe(true)
          times.set(text(record), times.get(text(record))! + 1)
        }
        for (const count of times.values()) expect([1, 2]).toContain(count)
      }),
      runs(1000),
    )
  })

  test('damaged, nothing is lost either: as many records per key as were made, and the copies', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { made, sent } = sentOf(run)
        const whole = new Set(made.map(text))
        const texts = sent.map(text)
        const copies = sent.filter((_, at) => whole.has(texts[at]!) && texts.indexOf(texts[at]!) < at)
        const keysOf = (records: readonly SyntheticRecord[]) => records.map(({ key }) => key).sort()
        expect(keysOf(sent)).toStrictEqual(keysOf([...made, ...copies]))
      }),
      runs(1000),
    )
  })

  test('it is sent in the order of sending, never before it happened, and within one and a half times the lateness', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { made, sent } = sentOf(run, { undamaged: true })
        const happened = new Map(made.map((record) => [text(record), record.timeMs]))
        const latenessMs = Number.isFinite(run.allowedLatenessMs) ? run.allowedLatenessMs : 600_000
        let previousMs = 0
        for (const record of sent) {
          expect(record.timeMs).toBeGreaterThanOrEqual(previousMs)
          previousMs = record.timeMs
          const delayMs = record.timeMs - happened.get(text(record))!
          expect(delayMs).toBeGreaterThanOrEqual(0)
          expect(delayMs).toBeLessThanOrEqual(1.5 * latenessMs)
        }
      }),
      runs(1000),
    )
  })
})
