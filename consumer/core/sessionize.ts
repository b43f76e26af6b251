import { EVENT_TYPES } from '../contract/click-event.ts'
import type { DecodedEvent } from '../contract/validate.ts'
import {
  CHECKOUT_MS,
  END_MS,
  ENTRY_MS,
  ENTRY_PAGE,
  EXIT_MS,
  EXIT_PAGE,
  PAGE_VIEWS,
  PHASE_OPEN,
  PHASE_OVER_24H,
  PHASE_STARTED,
  PURCHASE_MS,
  ROW_DOUBLES,
  ROW_INTS,
  type SessionTable,
  START_MS,
  STEPS,
  TYPES,
} from './sessions.ts'

/** Milliseconds. */
export interface SessionOptions {
  /** Idle time that ends a session; an event exactly so long after the last still belongs. */
  readonly sessionGapMs: number
}

const DAY_MS = 86_400_000
const PAGE_VIEW = EVENT_TYPES.indexOf('page_view')
const CHECKOUT = EVENT_TYPES.indexOf('checkout')
const PURCHASE = EVENT_TYPES.indexOf('purchase')

/**
 * Puts an event into the session of its key it belongs to, into a new one, or into the two it bridges, which become
 * one. What a session keeps merges in any order, so that the arrival order within the lateness does not matter.
 *
 * @param pageBefore orders page labels, for page views at the same moment
 */
export function sessionize(
  sessions: SessionTable,
  { sessionGapMs }: SessionOptions,
  event: DecodedEvent,
  page: number,
  steps: number,
  pageBefore: PageOrder,
): void {
  const { timeMs } = event
  const { lo, hi } = event.key
  let slot = -1
  for (let other = sessions.find(lo, hi); other >= 0; ) {
    const following = sessions.next(other)
    const row = other * ROW_DOUBLES
    if (
      timeMs >= sessions.doubles[row + START_MS]! - sessionGapMs &&
      timeMs <= sessions.doubles[row + END_MS]! + sessionGapMs
    ) {
      if (slot < 0) slot = other
      else {
        merge(sessions, slot, other, pageBefore)
        break
      }
    }
    other = following
  }
  if (slot < 0) {
    slot = sessions.add(lo, hi, timeMs)
    sessions.due.push(slot, timeMs)
  }
  add(sessions, slot, event, page, steps, pageBefore)
}

/** Whether a page label comes before another, for page views at the same moment. */
export type PageOrder = (page: number, other: number) => boolean

function add(
  sessions: SessionTable,
  slot: number,
  event: DecodedEvent,
  page: number,
  steps: number,
  pageBefore: PageOrder,
): void {
  const { doubles, ints } = sessions
  const double = slot * ROW_DOUBLES
  const int = slot * ROW_INTS
  const { timeMs, type } = event
  if (timeMs > doubles[double + END_MS]!) doubles[double + END_MS] = timeMs
  else if (timeMs < doubles[double + START_MS]!) {
    doubles[double + START_MS] = timeMs
    sessions.due.hasten(slot, timeMs)
  }
  ints[int + TYPES]! |= 1 << type
  ints[int + STEPS]! |= steps
  if (type === PAGE_VIEW) {
    if (ints[int + PAGE_VIEWS]! > 0 && timeMs > doubles[double + EXIT_MS]!) {
      ints[int + PAGE_VIEWS]!++
      doubles[double + EXIT_MS] = timeMs
      ints[int + EXIT_PAGE] = page
    } else viewPages(sessions, slot, 1, timeMs, page, timeMs, page, pageBefore)
  } else if (type === CHECKOUT) lower(doubles, double + CHECKOUT_MS, timeMs)
  else if (type === PURCHASE) lower(doubles, double + PURCHASE_MS, timeMs)
}

/** Takes session `from` into `into` and removes it. The due time of `into` may be too early then, never too late. */
export function merge(sessions: SessionTable, into: number, from: number, pageBefore: PageOrder): void {
  const { doubles, ints } = sessions
  const double = into * ROW_DOUBLES
  const fromDouble = from * ROW_DOUBLES
  const int = into * ROW_INTS
  const fromInt = from * ROW_INTS
  if (ints[fromInt + PAGE_VIEWS]! > 0) {
    viewPages(
      sessions,
      into,
      ints[fromInt + PAGE_VIEWS]!,
      doubles[fromDouble + ENTRY_MS]!,
      ints[fromInt + ENTRY_PAGE]!,
      doubles[fromDouble + EXIT_MS]!,
      ints[fromInt + EXIT_PAGE]!,
      pageBefore,
    )
  }
  // Whichever has started has been counted; the other one begins beyond the watermark and has not.
  const phase = Math.max(sessions.phase(into), sessions.phase(from))
  ints[int + TYPES]! |= ints[fromInt + TYPES]!
  sessions.setPhase(into, phase)
  ints[int + STEPS]! |= ints[fromInt + STEPS]!
  lower(doubles, double + START_MS, doubles[fromDouble + START_MS]!)
  if (doubles[fromDouble + END_MS]! > doubles[double + END_MS]!)
    doubles[double + END_MS] = doubles[fromDouble + END_MS]!
  lower(doubles, double + CHECKOUT_MS, doubles[fromDouble + CHECKOUT_MS]!)
  lower(doubles, double + PURCHASE_MS, doubles[fromDouble + PURCHASE_MS]!)
  sessions.remove(from)
  if (phase !== PHASE_OVER_24H) {
    sessions.due.hasten(into, doubles[double + START_MS]! + (phase === PHASE_OPEN ? 0 : DAY_MS))
  }
}

/** Adds page views of which the first and the last are known; the session's own first and last stay or give way. */
function viewPages(
  sessions: SessionTable,
  slot: number,
  views: number,
  entryMs: number,
  entryPage: number,
  exitMs: number,
  exitPage: number,
  pageBefore: PageOrder,
): void {
  const { doubles, ints } = sessions
  const double = slot * ROW_DOUBLES
  const int = slot * ROW_INTS
  const isFirst = ints[int + PAGE_VIEWS] === 0
  ints[int + PAGE_VIEWS]! += views
  const knownEntry = doubles[double + ENTRY_MS]!
  if (isFirst || entryMs < knownEntry || (entryMs === knownEntry && pageBefore(entryPage, ints[int + ENTRY_PAGE]!))) {
    doubles[double + ENTRY_MS] = entryMs
    ints[int + ENTRY_PAGE] = entryPage
  }
  const knownExit = doubles[double + EXIT_MS]!
  if (isFirst || exitMs > knownExit || (exitMs === knownExit && pageBefore(ints[int + EXIT_PAGE]!, exitPage))) {
    doubles[double + EXIT_MS] = exitMs
    ints[int + EXIT_PAGE] = exitPage
  }
}

function lower(doubles: Float64Array, at: number, value: number): void {
  if (value < doubles[at]!) doubles[at] = value
}

/** When a session needs the watermark's attention next: to count as started, as open for a day, or to close. */
export function dueMs(sessions: SessionTable, slot: number, sessionGapMs: number): number {
  const startMs = sessions.doubles[slot * ROW_DOUBLES + START_MS]!
  const phase = sessions.phase(slot)
  if (phase === PHASE_OPEN) return startMs
  const closeMs = closeDueMs(sessions, slot, sessionGapMs)
  return phase === PHASE_STARTED ? Math.min(closeMs, startMs + DAY_MS) : closeMs
}

/** The first whole millisecond of the watermark that has the session's end + gap strictly behind it. */
const closeDueMs = (sessions: SessionTable, slot: number, sessionGapMs: number): number =>
  sessions.doubles[slot * ROW_DOUBLES + END_MS]! + sessionGapMs + 1

export interface Settled {
  started(slot: number): void
  openForADay(slot: number): void
  /** The session is still readable, and gone after the call. */
  closed(slot: number): void
}

/**
 * Lets the watermark do its work, in the order of due times: a session counts as started when the watermark reaches
 * its start (nothing can come before or bridge it any more) and closes when its end + gap lies strictly behind. Costs
 * nothing while nothing is due.
 */
export function settle(
  sessions: SessionTable,
  { sessionGapMs }: SessionOptions,
  watermarkMs: number,
  settled: Settled,
): void {
  if (sessions.due.soonestMs <= watermarkMs) settleDue(sessions, sessionGapMs, watermarkMs, settled)
}

function settleDue(sessions: SessionTable, sessionGapMs: number, watermarkMs: number, settled: Settled): void {
  const { due } = sessions
  for (let topDueMs = due.topDueMs; topDueMs <= watermarkMs && due.size > 0; topDueMs = due.topDueMs) {
    const slot = due.topSlot
    const exact = dueMs(sessions, slot, sessionGapMs)
    if (exact > topDueMs) {
      due.postponeTop(exact)
    } else if (sessions.phase(slot) === PHASE_OPEN) {
      sessions.setPhase(slot, PHASE_STARTED)
      settled.started(slot)
      due.postponeTop(dueMs(sessions, slot, sessionGapMs))
    } else if (exact === closeDueMs(sessions, slot, sessionGapMs)) {
      settled.closed(slot)
      sessions.remove(slot)
    } else {
      sessions.setPhase(slot, PHASE_OVER_24H)
      settled.openForADay(slot)
      due.postponeTop(dueMs(sessions, slot, sessionGapMs))
    }
  }
  due.soonestMs = due.topDueMs
}
