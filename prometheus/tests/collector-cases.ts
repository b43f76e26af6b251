import type { Windows } from '../src/windows.ts'
import type { AlertCase, Shop } from './case.ts'
import { type InputSeries, inputSeries } from './series.ts'

const notTaken = {
  alert: 'EventsNotTaken',
  before: ({ m30 }: Windows): number => m30,
  lasts: ({ m30 }: Windows): number => m30,
}

interface Collecting {
  readonly logAvailable?: (seconds: number) => number
  /** Answers per second by status. */
  readonly answers?: Readonly<Record<string, (seconds: number) => number>>
}

const OF = { job: 'clickstream-collector', instance: 'collector:8002' }

/** What a collector shows. */
function collector(
  { windows: { interval }, until }: Shop,
  { logAvailable = () => 1, answers = {} }: Collecting,
): InputSeries[] {
  const times = Array.from({ length: Math.floor(until / interval) + 1 }, (_, scrape) => scrape * interval)
  return [
    inputSeries('clickstream_collector_log_available', OF, times.map(logAvailable)),
    ...Object.entries(answers).map(([status, perSecond]) => {
      let total = 0
      const totals = times.map((at) => {
        total += perSecond(at) * interval
        return total
      })
      return inputSeries('clickstream_collector_requests_total', { ...OF, status }, totals)
    }),
  ]
}

const always = (perSecond: number) => (): number => perSecond

export const COLLECTOR_CASES: readonly AlertCase[] = [
  {
    ...notTaken,
    says: 'fires when the log takes nothing, even while nobody sends',
    series: (shop) => [...shop.shows(), ...collector(shop, { logAvailable: shop.turns(1, 0) })],
    firing: ['EventsNotTaken{what="log"}'],
  },
  {
    ...notTaken,
    says: 'is quiet when the log takes nothing for a moment',
    lasts: ({ m30 }) => m30,
    series: (shop) => [
      ...shop.shows(),
      ...collector(shop, {
        logAvailable: (at) => (at >= shop.from && at < shop.from + 0.8 * shop.windows.m5 ? 0 : 1),
      }),
    ],
    firing: [],
  },
  ...['503', '429', '500'].map(
    (status): AlertCase => ({
      ...notTaken,
      says: `fires when one request in ten is answered with ${status}`,
      series: (shop) => [
        ...shop.shows(),
        ...collector(shop, { answers: { 200: always(9), [status]: shop.turns(0, 1) } }),
      ],
      firing: ['EventsNotTaken{what="overload"}'],
    }),
  ),
  {
    ...notTaken,
    says: 'is quiet when one request in a hundred is',
    series: (shop) => [...shop.shows(), ...collector(shop, { answers: { 200: always(99), 503: shop.turns(0, 1) } })],
    firing: [],
  },
  {
    ...notTaken,
    says: 'is quiet whatever clients do wrong, and when nobody sends any more',
    series: (shop) => [
      ...shop.shows(),
      ...collector(shop, { answers: { 200: shop.turns(9, 0), 400: always(9), 413: always(9), 503: always(0) } }),
    ],
    firing: [],
  },
]
