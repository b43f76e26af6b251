import fc from 'fast-check'
import { EVENT_TYPES, type EventType } from '../consumer/contract/click-event.ts'
import type { ReferenceEvent, ReferenceFunnel, ReferenceOptions } from '../producer/oracle/event.ts'
import { at } from './builders.ts'

/** The durations around which a stream's events are placed: exactly there, one ms before, one ms after. */
export type StreamBoundaries = Pick<ReferenceOptions, 'gapMs' | 'allowedLatenessMs' | 'futureToleranceMs' | 'aheadMs'>

const FUNNELS: ReferenceFunnel[] = [
  {
    name: 'buy',
    steps: [
      { name: 'view', event: 'page_view' },
      { name: 'cart', event: 'add_to_cart' },
      { name: 'purchase', event: 'purchase' },
    ],
  },
  {
    name: 'product',
    steps: [
      { name: 'home', event: 'page_view', page: '/home' },
      { name: 'product', event: 'page_view', page: '/product/*' },
    ],
  },
]

/** Options in every combination of short and long durations, so that each rule is sometimes the one that decides. */
export function referenceOptions(): fc.Arbitrary<ReferenceOptions> {
  return fc.record({
    gapMs: fc.constantFrom(1_800_000, 30_000, 1_000, 90_000_000),
    allowedLatenessMs: fc.constantFrom(600_000, 60_000, 1_500, 0, Infinity),
    futureToleranceMs: fc.constantFrom(300_000, 0),
    aheadMs: fc.constantFrom(300_000, 5_000, 86_400_000),
    aheadUsers: fc.integer({ min: 1, max: 3 }),
    sessionKey: fc.constantFrom('user', 'session'),
    funnels: fc.constant(FUNNELS),
    keyEvents: fc.constantFrom<EventType[][]>(['purchase'], [], ['checkout', 'search']),
    engagedAfterMs: fc.constantFrom(10_000, 0),
    dropBots: fc.boolean(),
    appendTime: fc.boolean(),
  })
}

/**
 * One partition's log: few users and pages, so that sessions collide and merge; times at and beside every boundary;
 * duplicates, remembered and forgotten; out-of-order, late, future-dated and simultaneous events.
 */
export function eventStreams(boundaries: StreamBoundaries, maxLength = 60): fc.Arbitrary<ReferenceEvent[]> {
  return fc.array(arrivals(boundaries), { maxLength, size: 'max' }).map(logOf)
}

/** The items in any order. */
export function permutationsOf<Item>(items: readonly Item[]): fc.Arbitrary<Item[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length })
}

/** How the next record of the log relates to what the log already holds. */
interface Arrival {
  content: Omit<ReferenceEvent, 'id' | 'timeMs' | 'logTimeMs'>
  /** What `offsetMs` counts from: the log's clock, the user's previous event, or any earlier event. */
  from: 'now' | 'own' | 'any'
  offsetMs: number
  /** In step: logged when it happened or now, whichever is later. On arrival: logged now. Own clock: the client's word. */
  logged: 'in step' | 'on arrival' | 'own clock'
  delayMs: number
  /** A new id, none, the id of an earlier event, or that event once more as it was. */
  identity: 'new' | 'none' | 'stolen' | 'copy'
  /** Chooses among the earlier events, counted back from the last, modulo their number. */
  earlier: number
}

function arrivals(boundaries: StreamBoundaries): fc.Arbitrary<Arrival> {
  return fc.record({
    content: contents(),
    from: weighted<Arrival['from']>([
      [3, 'now'],
      [2, 'own'],
      [2, 'any'],
    ]),
    offsetMs: offsets(boundaries),
    logged: weighted<Arrival['logged']>([
      [6, 'in step'],
      [2, 'on arrival'],
      [2, 'own clock'],
    ]),
    delayMs: weighted([
      [6, 0],
      [1, 1],
      [1, 45_000],
    ]),
    identity: weighted<Arrival['identity']>([
      [6, 'new'],
      [3, 'none'],
      [2, 'stolen'],
      [1, 'copy'],
    ]),
    earlier: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 1_000 })),
  })
}

function contents(): fc.Arbitrary<Arrival['content']> {
  return fc.record(
    {
      user: fc.constantFrom('1', '2', '3', 'ann'),
      session: fc.constantFrom('s1', 's2'),
      type: fc.constantFrom('page_view', 'page_view', 'add_to_cart', 'checkout', 'purchase', ...EVENT_TYPES),
      page: fc.constantFrom('/home', '/cart', '/product', '/product/shoes'),
      durationMs: fc.constantFrom(0, 1, 1_234, 60_000),
      priceMicros: fc.constantFrom(0n, 1n, 19_990_000n),
      currency: fc.constantFrom('EUR', 'USD'),
      bot: weighted([
        [1, true],
        [9, false],
      ]),
    },
    { requiredKeys: ['user', 'type'] },
  )
}

function offsets(boundaries: StreamBoundaries): fc.Arbitrary<number> {
  const { gapMs, allowedLatenessMs, futureToleranceMs, aheadMs } = boundaries
  const latenessMs = Number.isFinite(allowedLatenessMs) ? allowedLatenessMs : gapMs
  const beside = (boundaryMs: number): fc.Arbitrary<number> =>
    fc.constantFrom(boundaryMs, boundaryMs - 1, boundaryMs + 1)
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(0, 1, 250, 1_000) },
    { weight: 5, arbitrary: fc.integer({ min: -2_000, max: 20_000 }) },
    { weight: 3, arbitrary: beside(gapMs) },
    { weight: 1, arbitrary: beside(-gapMs) },
    { weight: 1, arbitrary: beside(-latenessMs) },
    { weight: 1, arbitrary: fc.integer({ min: -2 * latenessMs, max: 0 }) },
    { weight: 1, arbitrary: beside(futureToleranceMs) },
    { weight: 1, arbitrary: beside(aheadMs) },
    { weight: 1, arbitrary: beside(-aheadMs) },
  )
}

function weighted<Value>(choices: readonly (readonly [weight: number, value: Value])[]): fc.Arbitrary<Value> {
  return fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))
}

function logOf(arrivalsInOrder: readonly Arrival[]): ReferenceEvent[] {
  const log: ReferenceEvent[] = []
  let nowMs = at('09:00:00.400')
  for (const arrival of arrivalsInOrder) {
    const event = eventOf(arrival, log, nowMs)
    if (arrival.logged !== 'own clock') nowMs = event.logTimeMs
    log.push(event)
  }
  return log
}

function eventOf(arrival: Arrival, log: readonly ReferenceEvent[], nowMs: number): ReferenceEvent {
  const earlier = log.at(-1 - (arrival.earlier % log.length))
  if (arrival.identity === 'copy' && earlier !== undefined) return { ...earlier, logTimeMs: nowMs }

  const own = log.findLast((event) => event.user === arrival.content.user)
  const origin = { now: undefined, own, any: earlier }[arrival.from]
  const timeMs = (origin?.timeMs ?? nowMs) + arrival.offsetMs
  const loggedMs = { 'in step': Math.max(nowMs, timeMs), 'on arrival': nowMs, 'own clock': timeMs }[arrival.logged]
  const id = { new: `e${log.length}`, none: undefined, stolen: earlier?.id, copy: undefined }[arrival.identity]
  return { ...arrival.content, ...(id !== undefined && { id }), timeMs, logTimeMs: loggedMs + arrival.delayMs }
}
