import type { RankedText, Ranking } from './ranking.ts'

const MOST_SHOWN = 20

export interface RankedShown {
  readonly text: string
  readonly count: number
  /** Sum of the prices that came with it, in currency units whatever the currency; only where there were any. */
  readonly price_sum?: number
}

/** The most frequent values of one field. */
export interface TopTexts {
  /** Different values; only those still remembered when the counts are not exact. */
  readonly distinct: number
  /** Exact up to 50,000 different values. */
  readonly exact: boolean
  /** By how much a count may be too low. */
  readonly missing: number
  /** 20 at most, largest count first: only those that are certainly more frequent than any that was forgotten. */
  readonly top: readonly RankedShown[]
}

export const topTexts = (ranking: Ranking): TopTexts => ({
  distinct: ranking.size,
  exact: ranking.missing === 0,
  missing: ranking.missing,
  top: ranking
    .top(MOST_SHOWN)
    .filter(({ count }) => count > ranking.missing)
    .map(shown),
})

const shown = ({ text, count, micros }: RankedText): RankedShown =>
  micros === 0 ? { text, count } : { text, count, price_sum: micros / 1e6 }
