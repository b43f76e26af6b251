import { describe, expect, test } from 'vitest'
import type { ClickEvent } from '../../consumer/contract/click-event.ts'
import { dayFactor } from '../../producer/journeys/day-curve.ts'
import type { TrafficModel } from '../../producer/journeys/model.ts'
import { journeyStatistics, visitStatistics } from '../../producer/journeys/visit-statistics.ts'
import { aModel, aTraffic, eventsOf, FLAT_DAY, START_MS, shareOf, tolerance, visitsOf } from './journeys-traffic-run.ts'

const HOUR_MS = 3_600_000

const LONGEST_VISIT_MS = 300_000

/**
 * At least so many sessions: those that began so early that they have ended by now. Choosing those that have ended would
 * prefer the short ones.
 */
function sessions(count: number, yaml: string): ClickEvent[][] {
  const { eventsPerVisit } = visitStatistics(aModel(yaml))
  const wanted = Math.ceil(1.15 * count * eventsPerVisit)
  const events = eventsOf(aTraffic({ yaml }).take(wanted, Number.POSITIVE_INFINITY))
  const endMs = events.at(-1)!.timeMs
  const ended = visitsOf(events).filter(([first]) => endMs - first!.timeMs > LONGEST_VISIT_MS)
  expect(ended.length).toBeGreaterThan(count)
  return ended
}

const isSinglePage = (visit: readonly ClickEvent[]): boolean =>
  visit.filter(({ type }) => type === 'page_view').length === 1
const buys = (visit: readonly ClickEvent[]): boolean => visit.some(({ type }) => type === 'purchase')

function expectShares(visits: readonly ClickEvent[][], expected: Pick<Expected, 'purchaseShare' | 'singlePageShare'>) {
  const { purchaseShare, singlePageShare } = expected
  expect(Math.abs(shareOf(visits, buys) - purchaseShare)).toBeLessThan(tolerance(purchaseShare, visits.length))
  expect(Math.abs(shareOf(visits, isSinglePage) - singlePageShare)).toBeLessThan(
    tolerance(singlePageShare, visits.length),
  )
}
type Expected = ReturnType<typeof visitStatistics>

describe('100,000 sessions', () => {
  /** Think times tell the journeys apart: each has a second of its own. */
  const names = ['browser', 'researcher', 'buyer', 'quick_buyer']
  const yaml = `${FLAT_DAY}journeys: { ${names
    .map((name, index) => `${name}: { think_seconds: [${index + 1}, ${index + 1.9}] }`)
    .join(', ')} }`
  const model = aModel(yaml)
  const visits = sessions(100_000, yaml)
  const visitsOfJourney = Map.groupBy(visits, ([first]) => names[Math.floor(first!.durationMs! / 1000) - 1]!)

  test('mix, conversion and bounces are those of the model', () => {
    expectShares(visits, visitStatistics(model))
    for (const [{ name }, percent] of model.mix) {
      const share = visitsOfJourney.get(name)!.length / visits.length
      expect(Math.abs(share - percent / 100)).toBeLessThan(tolerance(percent / 100, visits.length))
    }
  })

  test.each(names)('of %s, conversion and bounces are those of the journey', (name) => {
    const [plan] = model.mix.find(([journey]) => journey.name === name)!
    expectShares(visitsOfJourney.get(name)!, journeyStatistics(plan, model))
  })

  test('events per visit are as many as expected', () => {
    const lengths = visits.map((visit) => visit.length)
    const mean = lengths.reduce((sum, length) => sum + length) / lengths.length
    const variance = lengths.reduce((sum, length) => sum + (length - mean) ** 2, 0) / lengths.length
    const standardError = Math.sqrt(variance / lengths.length)
    expect(Math.abs(mean - visitStatistics(model).eventsPerVisit)).toBeLessThan(4 * standardError)
  })
})

describe('a simulated day', () => {
  test.each([
    ['user-events', 15],
    ['rees46', 5],
  ] as const)('%s: its average rate is the load within 1 %%', (dialect, eventsPerSecond) => {
    const traffic = aTraffic({ yaml: '', dialect, load: { eventsPerSecond } })
    let count = 0
    for (let hour = 1; hour <= 24; hour++) {
      count += traffic.take(Number.POSITIVE_INFINITY, START_MS + hour * HOUR_MS).length
    }
    expect(Math.abs(count / 86_400 / eventsPerSecond - 1)).toBeLessThan(0.01)
  })

  test('its hours have the shares of the day curve', () => {
    const model: TrafficModel = aModel()
    const traffic = aTraffic({ yaml: '', load: { eventsPerSecond: 5 } })
    const seen = new Set<string>()
    const firsts = Array.from({ length: 24 }, (_, hour) => {
      const before = seen.size
      const records = traffic.take(Number.POSITIVE_INFINITY, START_MS + (hour + 1) * HOUR_MS)
      for (const { sessionId } of eventsOf(records)) seen.add(sessionId!)
      return seen.size - before
    })
    for (const [hour, count] of firsts.entries()) {
      const share = (dayFactor(model.dayCurve, hour * HOUR_MS) + dayFactor(model.dayCurve, (hour + 1) * HOUR_MS)) / 48
      expect(Math.abs(count / seen.size - share)).toBeLessThan(tolerance(share, seen.size))
    }
  })
})
