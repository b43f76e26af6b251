import { describe, expect, test } from 'vitest'
import { ArrivalOrder } from '../../consumer/profile/arrival-order.ts'
import { EventTimes } from '../../consumer/profile/event-times.ts'
import { at } from '../builders.ts'

const NOW_MS = at('30:00:00')

/** Times in their order of arrival, with a stream time that believes each of them. */
function orderOf(times: readonly string[]): ArrivalOrder {
  const order = new ArrivalOrder()
  let largestMs = Number.NEGATIVE_INFINITY
  for (const time of times) {
    order.add(at(time), largestMs, largestMs)
    largestMs = Math.max(largestMs, at(time))
  }
  return order
}

function timesOf(times: readonly string[]): EventTimes {
  const seen = new EventTimes(NOW_MS)
  for (const time of times) seen.add(at(time))
  return seen
}

describe('the order of arrival', () => {
  test('in order needs no lateness', () => {
    expect(orderOf(['09:00:00', '09:00:00', '09:00:05']).summary()).toMatchObject({
      out_of_order: 0,
      late_at: { none: 0, '10m': 0 },
      suggested_allowed_lateness: 'none',
    })
  })

  test('says what each lateness would lose: exactly as late as allowed is not late', () => {
    const { out_of_order, late_at, lateness_needed_seconds, suggested_allowed_lateness } = orderOf([
      '09:00:00',
      '09:20:00',
      '09:10:00', // 10 min behind
      '09:19:50', // 10 s behind
      '09:19:49.999',
    ]).summary()
    expect(out_of_order).toBe(3 / 5)
    expect(late_at).toEqual({ none: 3 / 5, '1s': 3 / 5, '10s': 2 / 5, '1m': 1 / 5, '10m': 0, '1h': 0 })
    expect(lateness_needed_seconds).toMatchObject({ p50: 10, p90: 600, max: 600 })
    expect(suggested_allowed_lateness).toBe('10m')
  })

  test('suggests a lateness that loses one event in a thousand, and none for what is weeks behind', () => {
    const mostly = Array.from({ length: 999 }, () => '09:20:00')
    expect(orderOf([...mostly, '09:00:00']).summary().suggested_allowed_lateness).toBe('none')
    const order = new ArrivalOrder()
    order.add(0, at('09:00:00'), at('09:00:00'))
    expect(order.summary().suggested_allowed_lateness).toBe('unlimited')
  })

  test('of no event is nothing', () => {
    expect(new ArrivalOrder().summary()).toMatchObject({ out_of_order: 0, lateness_needed_seconds: { max: 0 } })
  })
})

describe('event times', () => {
  test('have a first, a last and hours of the day', () => {
    const { first, last, span_seconds, by_hour } = timesOf(['09:30:00', '09:00:00', '26:00:00.500']).summary()
    expect([first, last, span_seconds]).toEqual(['2024-05-01T09:00:00.000Z', '2024-05-02T02:00:00.500Z', 61_200.5])
    expect(by_hour).toEqual(Array.from({ length: 24 }, (_, hour) => ({ 2: 1, 9: 2 })[hour] ?? 0))
  })

  test('show the longest stretches without an event, in whole minutes and over midnight', () => {
    const { gaps, empty_minutes } = timesOf(['23:58:59', '24:01:00', '23:50:10', '24:02:00', '23:51:00']).summary()
    expect(gaps).toEqual([
      { from: '2024-05-01T23:52:00.000Z', to: '2024-05-01T23:58:00.000Z', seconds: 360 },
      { from: '2024-05-01T23:59:00.000Z', to: '2024-05-02T00:01:00.000Z', seconds: 120 },
    ])
    expect(empty_minutes).toBe(8)
  })

  test('before 1990 and after now are counted, and are no end of a gap', () => {
    const seen = timesOf(['09:00:00', '30:00:00', '30:00:00.001'])
    seen.add(Date.UTC(1990, 0, 1) - 1)
    expect(seen.summary()).toMatchObject({ before_1990: 1, in_future: 1, empty_minutes: 21 * 60 - 1 })
    expect(seen.summary().gaps).toHaveLength(1)
  })

  test('of no event are none', () => {
    expect(timesOf([]).summary()).toMatchObject({ first: undefined, last: undefined, span_seconds: 0, gaps: [] })
  })
})
