import { expect, test } from 'vitest'
import { reference } from '../../producer/oracle/reference.ts'
import { at } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { referenceSeries } from '../reference-series.ts'
import { Fold, type LogEntry } from '../torture/fold.ts'
import { isCounter, ownSeries } from '../torture/page.ts'

const options = aReferenceRun({ gapMs: 10_000, allowedLatenessMs: 3_000 })
const labels = { group: 'g', topic: 't', partition: '0' }

/** One entry in ten is no JSON; offsets begin anywhere and leave some out. */
function aLog(seed: number): LogEntry[] {
  const traffic = disorderedTraffic({
    seed,
    count: 400,
    fromMs: at('09:00:00'),
    stepMs: 200,
    allowedLatenessMs: 3_000,
    gapMs: 10_000,
  })
  return traffic.map((event, index) => ({ offset: 7 + 2 * index, event: index % 10 === 9 ? undefined : event }))
}

const counters = (values: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...values].filter(([series]) => isCounter(series)))

test.each([1, 2, 3])('shows at every position what sorting and splitting the log before it gives, seed %i', (seed) => {
  const log = aLog(seed)
  const fold = new Fold(log, options)
  for (const [index, { offset }] of log.entries()) {
    const before = log.slice(0, index)
    const events = before.flatMap(({ event }) => event ?? [])
    const expected = referenceSeries(events, options, labels, before.length - events.length)
    const own = Object.entries(expected).map(([key, value]) => [ownSeries(key)!.text, value])
    const shown = fold.upTo(offset)
    expect(counters(shown)).toStrictEqual(Object.fromEntries(own))

    const { sessionsOpen, watermarkMs } = reference(events, options)
    expect(shown.get('clickstream_sessions_open') ?? 0).toBe(sessionsOpen)
    const watermark = shown.get('clickstream_watermark_timestamp_seconds') ?? Number.NEGATIVE_INFINITY
    expect(watermark).toBe(watermarkMs / 1_000)
  }
})

test('tells how many label values are in use, the ones for none and for everything else included', () => {
  const log = aLog(1)
  const fold = new Fold(log, options)
  const valuesAt = (position: number) => {
    const shown = fold.upTo(position)
    return ['page', 'currency'].map((label) => shown.get(`clickstream_label_values{label="${label}"}`))
  }
  expect(valuesAt(0)).toStrictEqual([2, 2])
  expect(valuesAt(10_000)).toStrictEqual([6, 4])
})

test('goes forward only', () => {
  const fold = new Fold(aLog(1), options)
  fold.upTo(100)
  fold.upTo(100)
  expect(() => fold.upTo(99)).toThrow(RangeError)
})
