import { expect, test } from 'vitest'
import { at } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { referenceEventOf, referenceSeries } from '../reference-series.ts'
import { Traffic } from '../torture/traffic.ts'

const options = aReferenceRun({ gapMs: 10_000, allowedLatenessMs: 3_000 })
const START_MS = at('09:00:00')

/** Half a minute of it, written four times a second. */
function recordsOf(seed: number) {
  const traffic = new Traffic(seed, options)
  return Array.from({ length: 120 }, (_, write) => {
    const fromMs = START_MS + write * 250
    return traffic.next(150, fromMs, fromMs + 250).map((record) => ({ ...record, logTimeMs: fromMs + 250 }))
  }).flat()
}

const textsOf = (seed: number): string[] => recordsOf(seed).map(({ value }) => String(value))

test('the same seed and times give the same records, another seed others', () => {
  expect(textsOf(1)).toStrictEqual(textsOf(1))
  expect(textsOf(2)).not.toStrictEqual(textsOf(1))
})

test('everything that a log should not hold is in it', () => {
  const parsed = recordsOf(1).map(({ value, logTimeMs }) => {
    try {
      return referenceEventOf(JSON.parse(String(value)), logTimeMs)
    } catch {
      return undefined
    }
  })
  const events = parsed.filter((event) => event !== undefined)
  const labels = { group: 'g', topic: 't', partition: '0' }
  const series = Object.keys(referenceSeries(events, options, labels, parsed.length - events.length))
  const shown = (text: string): boolean => series.some((key) => key.startsWith(`clickstream_${text}`))
  const wanted = [
    'events_dropped_total{reason="late"',
    'events_dropped_total{reason="duplicate"',
    'records_rejected_total{reason="future_dated"',
    'records_rejected_total{reason="malformed_json"',
    'revenue_total{currency="EUR"',
    'revenue_total{currency="__none__"',
    'sessions_bounced_total{definition="ga4"',
    'funnel_sessions_total{funnel="purchase",step="purchase"',
    'session_exits_total{page="__none__"',
  ]
  expect(wanted.filter((text) => !shown(text))).toStrictEqual([])
  expect(events.some(({ id }) => id === undefined)).toBe(true)
  expect(events.some(({ timeMs }, index) => index > 0 && timeMs < events[index - 1]!.timeMs)).toBe(true)
})

test('records of one user have one key, so that they lie in one partition', () => {
  for (const { key, value } of recordsOf(1)) {
    const user = /"user_id":(\d+),/.exec(String(value))?.[1]
    if (user !== undefined) expect(key).toBe(user)
  }
})
