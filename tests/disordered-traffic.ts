import fc from 'fast-check'
import type { EventType } from '../consumer/contract/click-event.ts'
import type { ReferenceEvent } from '../producer/oracle/event.ts'
import { at } from './builders.ts'

export interface TrafficWords {
  seed: number
  count: number
  /** Event time of the first. Epoch ms. */
  fromMs: number
  /** Between two events that are in order. */
  stepMs: number
  allowedLatenessMs: number
  gapMs: number
  /** The dozen users are numbered from here on. */
  firstUser?: number
}

const TYPES: EventType[] = [
  'page_view',
  'page_view',
  'page_view',
  'click',
  'add_to_cart',
  'checkout',
  'purchase',
  'scroll',
]

/**
 * Visits of a dozen users as no log should be, the same for the same seed: duplicates, events late by less and by more
 * than the lateness, pauses around the session gap, events from the future, purchases with prices, events without ids.
 */
export function disorderedTraffic(words: TrafficWords): ReferenceEvent[] {
  const { seed, count, fromMs, stepMs, allowedLatenessMs, gapMs, firstUser = 1 } = words
  const arrivals = fc.sample(
    fc.record({
      user: fc.integer({ min: firstUser, max: firstUser + 11 }).map(String),
      type: fc.constantFrom(...TYPES),
      page: fc.constantFrom('/home', '/cart', '/search', '/product/:id', undefined),
      identity: fc.constantFrom('new', 'new', 'new', 'new', 'new', 'new', 'new', 'copy', 'none'),
      behindMs: fc.constantFrom(
        0,
        0,
        0,
        0,
        0,
        1,
        allowedLatenessMs >> 1,
        allowedLatenessMs,
        3 * allowedLatenessMs,
        gapMs,
      ),
      pauseMs: fc.constantFrom(...new Array(150).fill(0), gapMs, gapMs + 1, gapMs + 2 * allowedLatenessMs),
      future: fc.constantFrom(...new Array(40).fill(0), 301_000, 900_000),
      earlier: fc.nat(),
      durationMs: fc.constantFrom(undefined, 0, 1_250, 60_000),
      cents: fc.constantFrom(undefined, 1, 1_999),
      currency: fc.constantFrom('EUR', 'USD', undefined),
    }),
    { seed, numRuns: count },
  )
  const traffic: ReferenceEvent[] = []
  let nowMs = fromMs
  for (const [number, arrival] of arrivals.entries()) {
    nowMs += stepMs + arrival.pauseMs
    const copied = traffic[arrival.earlier % Math.max(traffic.length, 1)]
    if (arrival.identity === 'copy' && copied !== undefined) {
      traffic.push({ ...copied, logTimeMs: nowMs })
      continue
    }
    traffic.push({
      ...(arrival.identity !== 'none' && { id: `${seed}-${number}` }),
      user: arrival.user,
      type: arrival.type,
      ...(arrival.page !== undefined && { page: arrival.page }),
      timeMs: nowMs - arrival.behindMs + arrival.future,
      logTimeMs: nowMs,
      ...(arrival.durationMs !== undefined && { durationMs: arrival.durationMs }),
      ...(arrival.type === 'purchase' &&
        arrival.cents !== undefined && { priceMicros: BigInt(arrival.cents) * 10_000n }),
      ...(arrival.type === 'purchase' && arrival.currency !== undefined && { currency: arrival.currency }),
    })
  }
  return traffic
}

/** Such traffic of the seed's own hour, an event every five seconds, for the rules that hold by default. */
export const trafficOfHour = (seed: number, count = 300): ReferenceEvent[] =>
  disorderedTraffic({
    seed,
    count,
    fromMs: at('09:00:00') + seed * 3_600_000,
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })
