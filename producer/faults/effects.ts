import type { Disorders } from '../../consumer/settings/disorders.ts'

/** How the traffic of a moment differs from that of an undisturbed day. Shares are from 0 to 1. */
export interface Effects {
  readonly disorder: Disorders
  /** Factor on how many people come. */
  readonly arrivals: number
  /** Visits of bots for each visit that an undisturbed day would have at this time. */
  readonly botVisits: number
  /** Share of the arriving people who follow one campaign's link to one product. */
  readonly viral: number
  /** Share of the purchases that fail: the visitor gives up instead. */
  readonly failedPurchases: number
  /** What a payment takes longer, milliseconds on average. */
  readonly paymentDelayMs: number
  /** Share of the page views that go to a path nobody has seen before. */
  readonly newPaths: number
  /** Nobody comes whose events belong into this partition; undefined silences none. */
  readonly silentPartition: number | undefined
  /** Share of the people whose clock is behind. */
  readonly skewed: number
  /** By how much at least, milliseconds; by three times the allowed lateness where that is more, so that it is seen. */
  readonly skewMs: number
  /** How far ahead the clock of one single client is, milliseconds; 0 for right. */
  readonly poisonMs: number
}
