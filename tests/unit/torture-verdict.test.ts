import { describe, expect, test } from 'vitest'
import { at } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { Fold, type LogEntry } from '../torture/fold.ts'
import type { PartitionPage } from '../torture/page.ts'
import { reportText } from '../torture/report.ts'
import type { ScrapedPage } from '../torture/showings.ts'
import { type Evidence, isPassed, judgeEvidence } from '../torture/verdict.ts'

const options = aReferenceRun({ gapMs: 10_000, allowedLatenessMs: 3_000 })
const STALE_AFTER_MS = 6_000
const CONSUMED = 'clickstream_records_consumed_total'
const CLOSED = 'clickstream_sessions_closed_total'
const OPEN = 'clickstream_sessions_open'

const traffic = { allowedLatenessMs: 3_000, gapMs: 10_000, fromMs: at('09:00:00'), stepMs: 200 }
const log = disorderedTraffic({ seed: 1, count: 300, ...traffic }).map((event, offset): LogEntry => {
  const isReadable = offset % 50 !== 7 && event.timeMs <= event.logTimeMs
  return { offset, event: isReadable ? event : undefined }
})
const END = log.length

const letters = new Map(
  log.flatMap(({ offset, event }) => (event === undefined ? [[`0/${offset}`, 'malformed_json']] : [])),
)

/** The partition as it is at the position, except for the series given. */
function numbersAt(position: number, otherwise: Record<string, number> = {}): PartitionPage {
  const values = new Fold(log, options).upTo(position)
  for (const [series, value] of Object.entries(otherwise)) values.set(series, value)
  return { partition: 0, values }
}

/** A page asked for at a second of the run and answered a tenth later; without numbers it shows no partition. */
const page = (process: string, second: number, numbers?: PartitionPage): ScrapedPage => ({
  process,
  requestedMs: second * 1_000,
  answeredMs: second * 1_000 + 100,
  partitions: numbers === undefined ? [] : [numbers],
})

const judged = (pages: readonly ScrapedPage[], words: Partial<Evidence> = {}) =>
  judgeEvidence({ pages, logs: [log], letters, faults: [], ...words }, options, STALE_AFTER_MS)

/** Somebody shows the whole log at the end of the minute. */
const last = page('last', 60, numbersAt(END))

describe('a run passes', () => {
  test('when every page shows what the log holds at its position, and the last one its end', () => {
    const verdict = judged([
      page('a', 1, numbersAt(0)),
      page('a', 2, numbersAt(120)),
      page('b', 9, numbersAt(200)),
      last,
    ])
    expect(verdict).toStrictEqual({ wrong: [], doubled: [], backwards: [], stale: 0, faults: [] })
    expect(isPassed(verdict)).toBe(true)
  })

  test('when a partition is absent for a while, and when a page that was asked for early is answered late', () => {
    const late = { ...page('a', 1, numbersAt(100)), answeredMs: 20_000 }
    expect(isPassed(judged([late, page('a', 5), page('b', 6, numbersAt(200)), last]))).toBe(true)
  })
})

describe('a run fails', () => {
  test.each([
    ['a counter below the log', { [CONSUMED]: 99 }, 'wrong', CONSUMED],
    ['a counter above the log', { [CLOSED]: 50 }, 'doubled', CLOSED],
    ['a gauge above the log', { [OPEN]: 50 }, 'wrong', OPEN],
    ['a counter that nobody expects', { clickstream_new_total: 1 }, 'doubled', 'clickstream_new_total'],
    ['a series missing', { [CLOSED]: 0 }, 'wrong', CLOSED],
  ] as const)('with %s', (_, otherwise, kind, series) => {
    const showing = numbersAt(100, otherwise)
    const verdict = judged([page('a', 1, showing), page('a', 2, showing), last])
    expect(isPassed(verdict)).toBe(false)
    expect(verdict[kind]).toHaveLength(2)
    expect(verdict[kind][0]).toMatchObject({ series, shown: Object.values(otherwise)[0], showing: { process: 'a' } })
  })

  test('with records that became nothing', () => {
    const verdict = judged([page('a', 1, numbersAt(100, { [CONSUMED]: 101 })), last])
    expect(verdict.wrong).toMatchObject([
      { series: `${CONSUMED} beside what became of them`, expected: 100, shown: 101 },
    ])
    expect(verdict.doubled).toMatchObject([{ series: CONSUMED, expected: 100, shown: 101 }])
  })

  test('when nobody ever showed the end of the log', () => {
    const { faults } = judged([page('a', 1, numbersAt(100))])
    expect(faults).toStrictEqual([`partition 0 was shown up to 100 only, and holds ${END} records`])
  })

  test.each([
    ['is missing', new Map()],
    ['gives another reason', new Map([...letters, ['0/7', 'future_dated']])],
    ['is that of an accepted record', new Map([...letters, ['0/1', 'malformed_json']])],
  ])('when a dead letter %s', (_, letters) => {
    expect(judged([last], { letters }).faults).not.toStrictEqual([])
  })

  test('when a process ended as it should not', () => {
    expect(isPassed(judged([last], { faults: ['c1 ended with 1'] }))).toBe(false)
  })
})

describe('a page with less than one that was received before', () => {
  const first = page('a', 10, numbersAt(100))
  const more = page('b', 12, numbersAt(150))

  test('is stale when its numbers were there before the other process showed more', () => {
    const verdict = judged([first, more, page('a', 13, numbersAt(100)), page('a', 18, numbersAt(100)), last])
    expect(verdict).toMatchObject({ backwards: [], stale: 2 })
    expect(isPassed(verdict)).toBe(true)
  })

  test('is stale when its numbers were still being committed when the page before was asked for', () => {
    const slow = { ...page('a', 11), answeredMs: 12_050 }
    expect(judged([slow, more, page('a', 13, numbersAt(100)), last])).toMatchObject({ backwards: [], stale: 1 })
  })

  test.each([
    ['comes from the same process', [more, page('b', 13, numbersAt(100))]],
    ['comes too long after the other process showed more', [first, more, page('a', 19, numbersAt(100))]],
    [
      'has numbers that were not there before',
      [first, more, page('a', 12.5, numbersAt(100)), page('a', 13, numbersAt(110))],
    ],
    ['comes from a process that has just taken over', [more, page('c', 12.5), page('c', 13, numbersAt(100))]],
  ])('is a step back when it %s', (_, pages) => {
    const verdict = judged([...pages, last])
    expect(verdict.backwards).toHaveLength(1)
    expect(isPassed(verdict)).toBe(false)
  })

  test('is none when it was asked for before the other one was answered', () => {
    expect(judged([first, more, page('a', 12.05, numbersAt(100)), last])).toMatchObject({ backwards: [], stale: 0 })
  })
})

test('the report names the first differences and ends with the figure', () => {
  const pages = [
    page('a', 1, numbersAt(100, { [CONSUMED]: 99 })),
    page('a', 2, numbersAt(120)),
    page('a', 3, numbersAt(110)),
    last,
  ]
  const verdict = judged(pages)
  const actions = [
    { atMs: 1, kind: 'kill', target: 'a', successor: 'b', afterMs: 5 },
    { atMs: 2, kind: 'broker', downMs: 5 },
  ] as const
  const lines = reportText(verdict, { seed: 7, actions, pages }).split('\n')
  expect(lines).toContain(`partition 0 at 100, shown by a at 1.0 s: ${CONSUMED} is 99 and should be 100`)
  expect(lines).toContain(
    'partition 0 at 110, shown by a at 3.0 s: clickstream_position_offset is 110 after 120 was shown by a at 2.1 s',
  )
  expect(lines.at(-1)).toBe(
    'torture: FAIL, 2 actions (1 kill, 0 stop, 0 stall, 0 add, 1 broker kills), 4 scrapes, 4 partition captures, 1 wrong, 1 backwards, 0 doubled, 0 stale within bounds; seed 7',
  )
})
