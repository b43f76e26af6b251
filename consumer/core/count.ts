import { EVENT_TYPES, type EventType } from '../contract/click-event.ts'
import { DROP_REASONS, isDropped, type Outcome, REJECT_REASONS } from '../contract/outcome.ts'
import { type DecodedEvent, unpackCurrency } from '../contract/validate.ts'
import { type Cells, CounterCells, HistogramCells, labelled, labelledBy, MoneyCells, noLabels } from './cells.ts'
import { type Funnel, FunnelMasks } from './funnel.ts'
import { LabelTable, NONE_ID, OTHER_ID } from './label-table.ts'
import {
  CHECKOUT_MS,
  END_MS,
  ENTRY_PAGE,
  EXIT_PAGE,
  PAGE_VIEWS,
  PHASE_OVER_24H,
  PURCHASE_MS,
  ROW_DOUBLES,
  ROW_INTS,
  type SessionTable,
  START_MS,
  STEPS,
  TYPES,
} from './sessions.ts'

/** What is counted and under which labels. */
export interface CountOptions {
  /** Page labels that are always admitted. */
  readonly pages: readonly string[]
  /** Further page labels, first come. */
  readonly maxPages: number
  readonly funnels: readonly Funnel[]
  /** Event types that make a session engaged (GA4: key events). */
  readonly keyEvents: readonly EventType[]
  /** A session that lasted longer is engaged. GA4 has 10 s. Milliseconds. */
  readonly engagedAfterMs: number
}

/**
 * `single_page`: exactly one page view. `no_interaction`: one page view and no other event (Matomo, Plausible). `ga4`:
 * not engaged, where engaged is longer than 10 s, or two page views, or a key event
 * (https://support.google.com/analytics/answer/12195621).
 */
export const BOUNCE_DEFINITIONS = ['single_page', 'no_interaction', 'ga4'] as const

const MOST_CURRENCIES = 32

const PAGE_VIEW = EVENT_TYPES.indexOf('page_view')
const CLICK = EVENT_TYPES.indexOf('click')
const PURCHASE = EVENT_TYPES.indexOf('purchase')
const ALL_TYPES = (1 << EVENT_TYPES.length) - 1

const DURATION_BOUNDS = [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400]
const PAGE_VIEW_BOUNDS = [0, 1, 2, 3, 4, 5, 8, 13, 21, 34, 55, 100]
const PAYMENT_BOUNDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600]

/** Every count of one partition: a pure function of the log up to a position. Counters only ever rise. */
export class Counters {
  readonly pages: LabelTable
  readonly currencies: LabelTable
  readonly funnelMasks: FunnelMasks
  readonly #keyEvents: number
  readonly #engagedAfterMs: number
  readonly #currencyIds = new Map<number, number>([[0, NONE_ID]])

  readonly consumed = new CounterCells(
    { name: 'records_consumed_total', help: 'Records read: accepted events + dropped events + rejected records.' },
    noLabels,
    1,
  )
  readonly events = new CounterCells(
    { name: 'events_total', help: 'Accepted events by type.' },
    labelled('event', EVENT_TYPES),
    EVENT_TYPES.length,
  )
  readonly dropped = new CounterCells(
    {
      name: 'events_dropped_total',
      help: 'Valid events that do not count: late (behind the watermark), duplicate (event id seen before), bot.',
    },
    labelled('reason', DROP_REASONS),
    DROP_REASONS.length,
  )
  readonly rejected = new CounterCells(
    { name: 'records_rejected_total', help: 'Records that are no valid event, kept as dead letters, by reason.' },
    labelled('reason', REJECT_REASONS),
    REJECT_REASONS.length,
  )
  readonly pageViews: CounterCells
  readonly clicks: CounterCells
  readonly engagementMs: CounterCells
  readonly entries: CounterCells
  readonly exits: CounterCells
  readonly revenue: MoneyCells
  readonly overflow: CounterCells
  readonly started = new CounterCells(
    { name: 'sessions_started_total', help: 'Sessions whose start the watermark has reached.' },
    noLabels,
    1,
  )
  readonly closed = new CounterCells(
    { name: 'sessions_closed_total', help: 'Sessions closed: idle for longer than the session gap at the watermark.' },
    noLabels,
    1,
  )
  readonly bounced = new CounterCells(
    {
      name: 'sessions_bounced_total',
      help: 'Closed sessions that bounced: single_page (exactly 1 page view), no_interaction (1 page view and no other event), ga4 (not engaged: no more than 10 s, fewer than 2 page views, no key event).',
    },
    labelled('definition', BOUNCE_DEFINITIONS),
    BOUNCE_DEFINITIONS.length,
  )
  readonly withEvent = new CounterCells(
    { name: 'sessions_with_event_total', help: 'Closed sessions that held at least one event of the type.' },
    labelled('event', EVENT_TYPES),
    EVENT_TYPES.length,
  )
  readonly funnelSessions: CounterCells
  readonly durationMs = new HistogramCells(
    { name: 'session_duration_seconds', help: 'Time from the first to the last event of closed sessions.' },
    DURATION_BOUNDS,
    1000,
  )
  readonly sessionPageViews = new HistogramCells(
    { name: 'session_page_views', help: 'Page views of closed sessions.' },
    PAGE_VIEW_BOUNDS,
  )
  readonly paymentMs = new HistogramCells(
    {
      name: 'checkout_to_purchase_seconds',
      help: 'Time from the first checkout to the first purchase of closed sessions in which the purchase came second.',
    },
    PAYMENT_BOUNDS,
    1000,
  )
  /** Open sessions that began a day or more before the watermark. A gauge: goes down when they close. */
  openOver24h = 0

  constructor(
    options: CountOptions,
    admittedPages: readonly string[] = [],
    admittedCurrencies: readonly string[] = [],
  ) {
    this.pages = new LabelTable('page', options.pages, options.maxPages)
    for (const page of admittedPages) this.pages.admit(page)
    this.currencies = new LabelTable('currency', [], MOST_CURRENCIES)
    for (const currency of admittedCurrencies) this.currencies.admit(currency)
    this.funnelMasks = new FunnelMasks(options.funnels)
    this.#keyEvents = options.keyEvents.reduce((bits, type) => bits | (1 << EVENT_TYPES.indexOf(type)), 0)
    this.#engagedAfterMs = options.engagedAfterMs

    const byPage = labelledBy(this.pages)
    const size = this.pages.capacity
    this.pageViews = new CounterCells({ name: 'page_views_total', help: 'Accepted page views.' }, byPage, size)
    this.clicks = new CounterCells({ name: 'clicks_total', help: 'Accepted clicks.' }, byPage, size)
    this.engagementMs = new CounterCells(
      { name: 'page_engagement_seconds_total', help: 'Time spent as the clients report it with their events.' },
      byPage,
      size,
      1000,
    )
    this.entries = new CounterCells(
      { name: 'session_entries_total', help: 'Closed sessions by the page of their first page view.' },
      byPage,
      size,
    )
    this.exits = new CounterCells(
      { name: 'session_exits_total', help: 'Closed sessions by the page of their last page view.' },
      byPage,
      size,
    )
    this.revenue = new MoneyCells(
      { name: 'revenue_total', help: 'Sum of the prices of accepted purchases, in currency units.' },
      labelledBy(this.currencies),
      this.currencies.capacity,
    )
    this.overflow = new CounterCells(
      { name: 'label_overflow_total', help: 'Values counted under __other__ because the label had no room left.' },
      labelled('label', [this.pages.label, this.currencies.label]),
      2,
    )
    const steps = options.funnels.flatMap(({ name, steps }) => steps.map((step) => [name, step.name]))
    this.funnelSessions = new CounterCells(
      { name: 'funnel_sessions_total', help: 'Closed sessions that hold the events of the step and of all before it.' },
      { names: ['funnel', 'step'], rows: () => steps },
      steps.length,
    )
  }

  /** Every cell, in the order it is exposed and saved. */
  get cells(): readonly Cells[] {
    return [
      this.consumed,
      this.events,
      this.dropped,
      this.rejected,
      this.pageViews,
      this.clicks,
      this.engagementMs,
      this.started,
      this.closed,
      this.bounced,
      this.withEvent,
      this.entries,
      this.exits,
      this.funnelSessions,
      this.revenue,
      this.durationMs,
      this.sessionPageViews,
      this.paymentMs,
      this.overflow,
    ]
  }

  countEvent(event: DecodedEvent, page: number): void {
    const { type } = event
    this.events.values[type]!++
    if (page === OTHER_ID) this.overflow.values[0]!++
    if (type === PAGE_VIEW) this.pageViews.values[page]!++
    else if (type === CLICK) this.clicks.values[page]!++
    else if (type === PURCHASE && event.priceMicros >= 0)
      this.revenue.add(this.#currency(event.currency), event.priceMicros)
    if (event.durationMs > 0) this.engagementMs.values[page]! += event.durationMs
  }

  countRefused(outcome: Outcome): void {
    if (isDropped(outcome)) this.dropped.values[outcome - 1]!++
    else this.rejected.values[outcome - 1 - DROP_REASONS.length]!++
  }

  countClosed(sessions: SessionTable, slot: number): void {
    const { doubles, ints } = sessions
    const double = slot * ROW_DOUBLES
    const int = slot * ROW_INTS
    const durationMs = doubles[double + END_MS]! - doubles[double + START_MS]!
    const pageViews = ints[int + PAGE_VIEWS]!
    const types = ints[int + TYPES]! & ALL_TYPES
    this.closed.values[0]!++
    if (sessions.phase(slot) === PHASE_OVER_24H) this.openOver24h--
    this.durationMs.observe(durationMs)
    this.sessionPageViews.observe(pageViews)
    if (pageViews === 1) {
      this.bounced.values[0]!++
      if (types === 1 << PAGE_VIEW) this.bounced.values[1]!++
    }
    const engaged = durationMs > this.#engagedAfterMs || pageViews >= 2 || (types & this.#keyEvents) !== 0
    if (!engaged) this.bounced.values[2]!++
    for (let type = 0; type < EVENT_TYPES.length; type++)
      if ((types & (1 << type)) !== 0) this.withEvent.values[type]!++
    if (pageViews > 0) {
      this.entries.values[ints[int + ENTRY_PAGE]!]!++
      this.exits.values[ints[int + EXIT_PAGE]!]!++
    }
    this.funnelMasks.forEachReached(ints[int + STEPS]!, this.#countStep)
    const paymentMs = doubles[double + PURCHASE_MS]! - doubles[double + CHECKOUT_MS]!
    if (paymentMs >= 0 && paymentMs < Number.POSITIVE_INFINITY) this.paymentMs.observe(paymentMs)
  }

  readonly #countStep = (step: number): void => {
    this.funnelSessions.values[step]!++
  }

  #currency(packed: number): number {
    let id = this.#currencyIds.get(packed)
    if (id === undefined) {
      id = this.currencies.admit(unpackCurrency(packed))
      // Codes are three letters, so this map stays below 26^3 entries whatever is sent.
      this.#currencyIds.set(packed, id)
    }
    if (id === OTHER_ID) this.overflow.values[1]!++
    return id
  }
}
