import { partitionOf } from '../../consumer/contract/partitioner.ts'

/** What the edges depend on. Durations in milliseconds. */
export interface EdgeRules {
  readonly sessionGapMs: number
  /** Infinity: nothing is ever late and no session ever closes. */
  readonly allowedLatenessMs: number
  readonly engagedAfterMs: number
  readonly aheadLimitMs: number
  readonly aheadUsers: number
}

/** Two of one user at one time are copies of each other, unless their pages differ. */
export interface EdgeEvent {
  readonly user: number
  readonly type: 'page_view' | 'add_to_cart'
  /** Epoch milliseconds. */
  readonly timeMs: number
  readonly page: string
}

export interface EdgeOptions extends EdgeRules {
  /** No event before them is later than this. Epoch milliseconds. */
  readonly afterMs: number
  /** The least difference between two times: 1, or 1000 where times are written in seconds. */
  readonly stepMs: number
  readonly partitions: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A session of a day takes an event for every gap; with gaps so short that it would take more, there is none. */
const MOST_EVENTS_OF_A_DAY = 500
/** Clocks of the traffic may be ahead by an hour. */
const TO_START_MS = 3 * HOUR_MS
/** Beyond those of any traffic. */
const FIRST_USER = 3_000_000_001
/** Two that any shop has, so that they keep their names however few pages may have one. */
const [PAGE, LATER_PAGE] = ['/cart', '/checkout']

/** How much later than `afterMs` the last of the edge events happens, at most. Milliseconds. */
export function edgeSpanMs(rules: EdgeRules): number {
  return TO_START_MS + 1000 + lengthMs(rules) + rules.sessionGapMs + finite(rules.allowedLatenessMs)
}

/**
 * What a stream ends with, for each partition: events that lie exactly at the edge of a rule and one step beside it,
 * where a comparison that should be strict and is not counts differently, and then events that close every session of
 * the traffic. Random traffic meets no edge to the millisecond.
 */
export function edgeEvents(options: EdgeOptions): EdgeEvent[] {
  const users = Array.from({ length: options.partitions }, (_, partition) => usersOf(partition, options.partitions))
  return users.flatMap((own) => partitionEdges(() => own.next().value, options))
}

function partitionEdges(nextUser: () => number, options: EdgeOptions): EdgeEvent[] {
  const { afterMs, stepMs, sessionGapMs: gapMs, engagedAfterMs, aheadLimitMs, aheadUsers } = options
  const latenessMs = finite(options.allowedLatenessMs)
  const startMs = Math.ceil((afterMs + TO_START_MS + gapMs + latenessMs) / 1000) * 1000
  const aheadMs = startMs + aheadLimitMs
  const baseMs = aheadMs + aheadLimitMs + stepMs
  const splitMs = baseMs + engagedAfterMs + stepMs
  const endMs = startMs + lengthMs(options)
  const view = (timeMs: number, user = nextUser(), page = PAGE!): EdgeEvent => ({
    user,
    type: 'page_view',
    timeMs,
    page,
  })
  const add = (timeMs: number, user: number): EdgeEvent => ({ user, type: 'add_to_cart', timeMs, page: PAGE! })
  const crowd = Array.from({ length: aheadUsers }, nextUser)
  const [bounced, engaged, one, two, merged] = [nextUser(), nextUser(), nextUser(), nextUser(), nextUser()]
  const [leaving, entering, known] = [nextUser(), nextUser(), nextUser()]
  return [
    // So far ahead, stream time follows as many users as it takes and not one less: the next event is not late yet.
    ...crowd.slice(1).map((user) => view(startMs, user)),
    view(startMs - latenessMs - stepMs),
    view(startMs, crowd[0]),
    // Lateness: at the watermark an event counts, and its id is known; before it no more.
    view(startMs - latenessMs, known),
    view(startMs - latenessMs, known),
    view(startMs - latenessMs - stepMs),
    // One user alone moves stream time by the limit, which makes the next event late, and by no more.
    view(aheadMs),
    view(aheadMs - latenessMs - stepMs),
    view(baseMs),
    view(baseMs - latenessMs - stepMs),
    // Engagement: lasting exactly that long is a bounce, longer is none.
    view(baseMs, bounced),
    view(baseMs, engaged),
    add(baseMs + engagedAfterMs, bounced),
    add(baseMs + engagedAfterMs + stepMs, engaged),
    // Entry and exit: of page views at the same time the order of their names decides, not that of their coming.
    view(splitMs, entering, LATER_PAGE),
    view(splitMs, entering, PAGE),
    view(splitMs, leaving, PAGE),
    view(splitMs, leaving, LATER_PAGE),
    // Gap: one session, two sessions, and two that a third event in between makes one.
    view(splitMs, one),
    view(splitMs, two),
    view(splitMs, merged),
    view(splitMs + gapMs, one),
    view(splitMs + gapMs + stepMs, two),
    view(splitMs + 2 * gapMs, merged),
    view(splitMs + gapMs, merged),
    // A day: open that long, and a step less.
    ...dayLong(endMs - latenessMs, gapMs).flatMap((timeMs) => [view(timeMs, one), view(timeMs + stepMs, two)]),
    // Closing: with its end one gap before the watermark a session stays open, a step earlier it closes.
    view(endMs - latenessMs - gapMs),
    view(endMs - latenessMs - gapMs - stepMs),
    // Starting: a session counts as started when the watermark reaches it.
    view(endMs - latenessMs),
    view(endMs - latenessMs + stepMs),
    // One more than it takes: the last may find that others ahead have moved stream time part of the way.
    ...[...crowd, nextUser()].map((user) => view(endMs, user)),
  ]
}

/** Times of a session that began a day before the watermark and is still open. */
function dayLong(watermarkMs: number, gapMs: number): number[] {
  const events = Math.ceil(DAY_MS / gapMs)
  if (events > MOST_EVENTS_OF_A_DAY) return []
  return Array.from({ length: events }, (_, index) => watermarkMs - DAY_MS + index * gapMs)
}

/** From the first edge to the last: no session of the edges in between is open at the last. */
function lengthMs({ sessionGapMs, allowedLatenessMs, engagedAfterMs, aheadLimitMs }: EdgeRules): number {
  return DAY_MS + HOUR_MS + 2 * aheadLimitMs + engagedAfterMs + 4 * sessionGapMs + finite(allowedLatenessMs)
}

function* usersOf(partition: number, partitions: number): Generator<number, never> {
  for (let user = FIRST_USER; ; user++) {
    if (partitionOf(Buffer.from(String(user)), partitions) === partition) yield user
  }
}

const finite = (ms: number): number => (Number.isFinite(ms) ? ms : 0)
