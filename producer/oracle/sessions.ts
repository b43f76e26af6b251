import type { EventType } from '../../consumer/contract/click-event.ts'
import type { LabelledEvent, ReferenceEvent, ReferenceFunnel, ReferenceFunnelStep, ReferenceOptions } from './event.ts'
import { matchesGlob } from './glob.ts'

/** The events of one session in the order of their times. */
export interface Session {
  key: string
  events: LabelledEvent[]
}

/** Text that two events share exactly when they may belong to one session; no session id is a session id of its own. */
export function sessionKeyOf(event: ReferenceEvent, sessionKey: ReferenceOptions['sessionKey']): string {
  return sessionKey === 'user' ? event.user : JSON.stringify([event.user, event.session ?? null])
}

/** The second stage: sorts each key's events by time and splits where the distance exceeds the gap. By key, then start. */
export function splitIntoSessions(
  accepted: readonly LabelledEvent[],
  options: Pick<ReferenceOptions, 'gapMs' | 'sessionKey'>,
): Session[] {
  const byKey = Map.groupBy(accepted, (event) => sessionKeyOf(event, options.sessionKey))
  const keys = [...byKey.keys()].sort(compareText)
  return keys.flatMap((key) => splitAtGaps(byKey.get(key)!, options.gapMs).map((events) => ({ key, events })))
}

function splitAtGaps(events: readonly LabelledEvent[], gapMs: number): LabelledEvent[][] {
  const parts: LabelledEvent[][] = []
  let previous: LabelledEvent | undefined
  for (const event of events.toSorted((a, b) => a.timeMs - b.timeMs)) {
    if (previous === undefined || event.timeMs - previous.timeMs > gapMs) parts.push([])
    parts.at(-1)!.push(event)
    previous = event
  }
  return parts
}

export const startOf = (session: Session): number => session.events[0]!.timeMs

export const endOf = (session: Session): number => session.events.at(-1)!.timeMs

export const durationOf = (session: Session): number => endOf(session) - startOf(session)

export const holds = (session: Session, type: EventType): boolean => session.events.some((event) => event.type === type)

export const pageViewsOf = (session: Session): number =>
  session.events.filter((event) => event.type === 'page_view').length

export const isSinglePage = (session: Session): boolean => pageViewsOf(session) === 1

export const isWithoutInteraction = (session: Session): boolean => isSinglePage(session) && session.events.length === 1

export function isEngaged(session: Session, options: Pick<ReferenceOptions, 'engagedAfterMs' | 'keyEvents'>): boolean {
  return (
    durationOf(session) > options.engagedAfterMs ||
    pageViewsOf(session) >= 2 ||
    options.keyEvents.some((type) => holds(session, type))
  )
}

/** Labels of the first and the last page view, equal times in the order of their labels; undefined without a page view. */
export function entryAndExitOf(session: Session): { entry: string; exit: string } | undefined {
  const views = session.events
    .filter((event) => event.type === 'page_view')
    .map((event) => ({ timeMs: event.timeMs, label: event.pageLabel }))
    .sort((a, b) => a.timeMs - b.timeMs || compareText(a.label, b.label))
  const first = views[0]
  const last = views.at(-1)
  return first && last && { entry: first.label, exit: last.label }
}

/** How many steps, counted from the first, the session holds without a gap; in whatever order they happened. */
export function stepsReachedIn(session: Session, funnel: ReferenceFunnel): number {
  const firstMissing = funnel.steps.findIndex((step) => !session.events.some((event) => matches(event, step)))
  return firstMissing === -1 ? funnel.steps.length : firstMissing
}

function matches(event: ReferenceEvent, step: ReferenceFunnelStep): boolean {
  if (event.type !== step.event) return false
  return step.page === undefined || (event.page !== undefined && matchesGlob(event.page, step.page))
}

/** From the first checkout to the first purchase, ms; undefined when one is missing or the purchase came first. */
export function checkoutToPurchaseOf(session: Session): number | undefined {
  const checkout = session.events.find((event) => event.type === 'checkout')
  const purchase = session.events.find((event) => event.type === 'purchase')
  if (checkout === undefined || purchase === undefined) return undefined
  const elapsedMs = purchase.timeMs - checkout.timeMs
  return elapsedMs >= 0 ? elapsedMs : undefined
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
