import type { EventType } from '../../consumer/contract/click-event.ts'
import type { BuiltInDialect } from '../../consumer/contract/dialects.ts'

/** One decoded, valid event. Times are epoch ms. */
export interface ReferenceEvent {
  id?: string
  user: string
  session?: string
  type: EventType
  /** The page as a label; undefined when the event names none. */
  page?: string
  timeMs: number
  logTimeMs: number
  durationMs?: number
  /** Millionths of a currency unit. */
  priceMicros?: bigint
  currency?: string
  bot?: boolean
}

export interface ReferenceFunnelStep {
  readonly name: string
  readonly event: EventType
  /** An exact label, or a glob in which each `*` stands for any run of characters; without it any page will do. */
  readonly page?: string
}

export interface ReferenceFunnel {
  readonly name: string
  readonly steps: readonly ReferenceFunnelStep[]
}

/** All durations are integer milliseconds. */
export interface ReferenceOptions {
  gapMs: number
  /** Infinity: nothing is ever late, and no id is ever forgotten. */
  allowedLatenessMs: number
  futureToleranceMs: number
  aheadMs: number
  /** How many distinct users must be too far ahead before stream time follows them; 1 lets every event move it. */
  aheadUsers: number
  sessionKey: 'user' | 'session'
  funnels: readonly ReferenceFunnel[]
  keyEvents: readonly EventType[]
  engagedAfterMs: number
  dropBots: boolean
  /** True when log time is the log's own append time, so that it tells how long a partition was quiet. */
  appendTime: boolean
}

/** What the oracle takes a log by: the settings of the exporter that it tells the numbers of. */
export interface OracleOptions extends ReferenceOptions {
  readonly dialect: 'auto' | BuiltInDialect
  /** Pages that always have a label of their own, as an operator writes them or as labels. */
  readonly pages: readonly string[]
  /** How many other pages may have one, first come. */
  readonly maxPages: number
  /** Currency of prices that name none: three upper-case letters, or empty for none. */
  readonly defaultCurrency: string
  /** A longer record is rejected. Bytes. */
  readonly maxRecordBytes: number
}

/** An accepted event together with the labels it counts under, which differ from its own words where room ran out. */
export interface LabelledEvent extends ReferenceEvent {
  readonly pageLabel: string
  readonly currencyLabel: string
}

/** The label of a page or currency that an event does not name. */
export const NONE = '__none__'

/** The label of every page or currency that came when there was no room left. */
export const OTHER = '__other__'

/** The event under its own words, as if there were room for every label. */
export const withOwnLabels = (event: ReferenceEvent): LabelledEvent => ({
  ...event,
  pageLabel: event.page ?? NONE,
  currencyLabel: event.currency ?? NONE,
})
