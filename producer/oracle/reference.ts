import { EVENT_TYPES, type EventType } from '../../consumer/contract/click-event.ts'
import { type LabelledEvent, type ReferenceEvent, type ReferenceOptions, withOwnLabels } from './event.ts'
import { judge, type Verdict } from './judge.ts'
import {
  checkoutToPurchaseOf,
  durationOf,
  endOf,
  entryAndExitOf,
  holds,
  isEngaged,
  isSinglePage,
  isWithoutInteraction,
  pageViewsOf,
  type Session,
  splitIntoSessions,
  startOf,
  stepsReachedIn,
} from './sessions.ts'

export interface ClosedSession {
  key: string
  startMs: number
  endMs: number
  pageViews: number
}

/**
 * What one partition's log must add up to. Maps hold the labels that occurred, even when they add up to 0; records
 * hold every known label. Lists are in the order of `closedSessions`. Durations are ms, money millionths of a unit.
 */
export interface ReferenceTotals {
  consumed: number
  accepted: number
  dropped: { late: number; duplicate: number; bot: number }
  rejected: { future_dated: number }
  events: Record<EventType, number>
  pageViews: Map<string, number>
  clicks: Map<string, number>
  pageEngagementMs: Map<string, number>
  revenueMicros: Map<string, bigint>
  /** Distinct users among the accepted events. */
  users: number
  sessionsStarted: number
  sessionsClosed: number
  /** Not closed, whether counted as started or not. */
  sessionsOpen: number
  sessionsOpenOver24h: number
  sessionsBounced: { single_page: number; no_interaction: number; ga4: number }
  sessionsWithEvent: Record<EventType, number>
  sessionDurationSumMs: number
  sessionDurationsMs: number[]
  sessionPageViews: number[]
  sessionEntries: Map<string, number>
  sessionExits: Map<string, number>
  /** By funnel name, then step name. */
  funnelSessions: Map<string, Map<string, number>>
  checkoutToPurchaseMs: number[]
  /** By key, then start. */
  closedSessions: ClosedSession[]
  /** As the walk left it: -Infinity when nothing was accepted. */
  streamTimeMs: number
  /** The watermark the sessions were judged by. */
  watermarkMs: number
}

/**
 * The semantics once more, slow and plain: judge each event in log order, then sort and split what was accepted.
 * @param events one partition's events in log order
 * @param closing a watermark reached after the last event; Infinity closes every session, as a file's end does
 */
export function reference(
  events: readonly ReferenceEvent[],
  options: ReferenceOptions,
  closing: { finalWatermarkMs?: number } = {},
): ReferenceTotals {
  const judged = judge(events, options)
  const verdicts = (verdict: Verdict): number => judged.filter((one) => one.verdict === verdict).length
  const accepted = judged.filter((one) => one.verdict === 'accepted').map((one) => withOwnLabels(one.event))
  const walkWatermarkMs = judged.at(-1)?.watermarkMs ?? -Infinity
  const watermarkMs = Math.max(walkWatermarkMs, closing.finalWatermarkMs ?? -Infinity)

  return {
    consumed: events.length,
    accepted: accepted.length,
    dropped: { late: verdicts('late'), duplicate: verdicts('duplicate'), bot: verdicts('bot') },
    rejected: { future_dated: verdicts('future_dated') },
    users: new Set(accepted.map((event) => event.user)).size,
    ...eventTotals(accepted),
    ...sessionTotals(splitIntoSessions(accepted, options), watermarkMs, options),
    streamTimeMs: judged.at(-1)?.streamTimeMs ?? -Infinity,
    watermarkMs,
  }
}

function eventTotals(accepted: readonly LabelledEvent[]) {
  const ofType = (type: EventType): LabelledEvent[] => accepted.filter((event) => event.type === type)
  const timed = accepted.filter((event) => event.durationMs !== undefined)
  const sales = ofType('purchase').filter((event) => event.priceMicros !== undefined)
  return {
    events: perType((type) => ofType(type).length),
    pageViews: countByLabel(ofType('page_view').map((event) => event.pageLabel)),
    clicks: countByLabel(ofType('click').map((event) => event.pageLabel)),
    pageEngagementMs: mapValues(
      Map.groupBy(timed, (event) => event.pageLabel),
      (group) => group.reduce((sum, event) => sum + event.durationMs!, 0),
    ),
    revenueMicros: mapValues(
      Map.groupBy(sales, (event) => event.currencyLabel),
      (group) => group.reduce((sum, event) => sum + event.priceMicros!, 0n),
    ),
  }
}

const DAY_MS = 24 * 60 * 60 * 1000

function sessionTotals(sessions: readonly Session[], watermarkMs: number, options: ReferenceOptions) {
  const isClosed = (session: Session): boolean => endOf(session) + options.gapMs < watermarkMs
  const open = sessions.filter((session) => !isClosed(session))
  const closed = sessions.filter(isClosed)
  const among = (holdsFor: (session: Session) => boolean): number => closed.filter(holdsFor).length
  const visits = closed.map(entryAndExitOf).filter((visit) => visit !== undefined)
  return {
    sessionsStarted: sessions.filter((session) => startOf(session) <= watermarkMs).length,
    sessionsClosed: closed.length,
    sessionsOpen: open.length,
    sessionsOpenOver24h: open.filter((session) => startOf(session) + DAY_MS <= watermarkMs).length,
    sessionsBounced: {
      single_page: among(isSinglePage),
      no_interaction: among(isWithoutInteraction),
      ga4: among((session) => !isEngaged(session, options)),
    },
    sessionsWithEvent: perType((type) => among((session) => holds(session, type))),
    sessionDurationSumMs: closed.reduce((sum, session) => sum + durationOf(session), 0),
    sessionDurationsMs: closed.map(durationOf),
    sessionPageViews: closed.map(pageViewsOf),
    sessionEntries: countByLabel(visits.map((visit) => visit.entry)),
    sessionExits: countByLabel(visits.map((visit) => visit.exit)),
    funnelSessions: new Map(
      options.funnels.map((funnel) => [
        funnel.name,
        new Map(
          funnel.steps.map((step, index) => [step.name, among((session) => stepsReachedIn(session, funnel) > index)]),
        ),
      ]),
    ),
    checkoutToPurchaseMs: closed.map(checkoutToPurchaseOf).filter((elapsedMs) => elapsedMs !== undefined),
    closedSessions: closed.map((session) => ({
      key: session.key,
      startMs: startOf(session),
      endMs: endOf(session),
      pageViews: pageViewsOf(session),
    })),
  }
}

function perType(count: (type: EventType) => number): Record<EventType, number> {
  return Object.fromEntries(EVENT_TYPES.map((type) => [type, count(type)])) as Record<EventType, number>
}

function countByLabel(labels: readonly string[]): Map<string, number> {
  return mapValues(
    Map.groupBy(labels, (label) => label),
    (group) => group.length,
  )
}

function mapValues<From, To>(map: Map<string, From>, change: (value: From) => To): Map<string, To> {
  return new Map([...map].map(([key, value]) => [key, change(value)]))
}
