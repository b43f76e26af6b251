import type { EventType } from '../../consumer/contract/click-event.ts'

/** One event as the reference sees it: decoded, valid, and its page already the final label. Times are epoch ms. */
export interface ReferenceEvent {
  id?: string
  user: string
  session?: string
  type: EventType
  /** Undefined when the event names no page. */
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
  name: string
  event: EventType
  /** An exact label, or a glob in which each `*` stands for any run of characters; without it any page will do. */
  page?: string
}

export interface ReferenceFunnel {
  name: string
  steps: ReferenceFunnelStep[]
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
  funnels: ReferenceFunnel[]
  keyEvents: EventType[]
  engagedAfterMs: number
  dropBots: boolean
  /** True when log time is the log's own append time, so that it tells how long a partition was quiet. */
  appendTime: boolean
}

/** The label of a page or currency that an event does not name. */
export const NONE = '__none__'

export const labelOf = (value: string | undefined): string => value ?? NONE
