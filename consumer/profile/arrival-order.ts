import { Distribution } from './distribution.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** What one would write for --allowed-lateness. */
const STEPS: readonly (readonly [written: string, ms: number])[] = [
  ['none', 0],
  ['1s', SECOND],
  ['10s', 10 * SECOND],
  ['30s', 30 * SECOND],
  ['1m', MINUTE],
  ['5m', 5 * MINUTE],
  ['10m', 10 * MINUTE],
  ['30m', 30 * MINUTE],
  ['1h', HOUR],
  ['2h', 2 * HOUR],
  ['6h', 6 * HOUR],
  ['12h', 12 * HOUR],
  ['1d', 24 * HOUR],
  ['7d', 168 * HOUR],
]
const SHOWN = ['none', '1s', '10s', '1m', '10m', '1h']
/** A suggested lateness loses no more than this share of the events. */
const BEARABLE_LOSS = 0.001

export interface OrderSummary {
  /** Share of the events that came after one with a later time, of the same partition. */
  readonly out_of_order: number
  /** Share behind the exporter's stream time, which one broken clock does not move. */
  readonly behind_stream_time: number
  /** How far behind stream time so large a share of the events is at most. Seconds. */
  readonly lateness_needed_seconds: Readonly<Record<'p50' | 'p90' | 'p99' | 'p99_9' | 'max', number>>
  /** False when the latenesses are within 1 % only. */
  readonly exact: boolean
  /** Share of the events that would be dropped as late, by allowed lateness. */
  readonly late_at: Readonly<Record<string, number>>
  /** The least of a few that loses at most 0.1 % of the events, as --allowed-lateness takes it. */
  readonly suggested_allowed_lateness: string
}

/** In what order the events came, and what the exporter's rule of lateness would make of that. */
export class ArrivalOrder {
  /** Events behind an earlier one of their partition. */
  outOfOrder = 0
  readonly #behind = new Distribution()
  /** Events that are late with the step of that index and not with the one after. */
  readonly #late = new Float64Array(STEPS.length)

  /**
   * @param largestMs largest time of the partition before this event
   * @param streamTimeMs stream time of the partition before this event; both are -Infinity for the first
   */
  add(timeMs: number, largestMs: number, streamTimeMs: number): void {
    if (timeMs < largestMs) this.outOfOrder++
    const behindMs = timeMs < streamTimeMs ? streamTimeMs - timeMs : 0
    this.#behind.add(behindMs)
    if (behindMs === 0) return
    let step = 0
    while (step + 1 < STEPS.length && behindMs > STEPS[step + 1]![1]) step++
    this.#late[step]!++
  }

  summary(): OrderSummary {
    const { count, zeros } = this.#behind
    const all = Math.max(1, count)
    const lateAt = STEPS.map(([written], step) => ({ written, share: this.#lateFrom(step) / all }))
    const seconds = (share: number): number => (count === 0 ? 0 : this.#behind.quantile(share) / 1000)
    return {
      out_of_order: this.outOfOrder / all,
      behind_stream_time: (count - zeros) / all,
      lateness_needed_seconds: {
        p50: seconds(0.5),
        p90: seconds(0.9),
        p99: seconds(0.99),
        p99_9: seconds(0.999),
        max: seconds(1),
      },
      exact: this.#behind.isExact,
      late_at: Object.fromEntries(
        lateAt.filter(({ written }) => SHOWN.includes(written)).map(({ written, share }) => [written, share]),
      ),
      suggested_allowed_lateness: lateAt.find(({ share }) => share <= BEARABLE_LOSS)?.written ?? 'unlimited',
    }
  }

  #lateFrom(step: number): number {
    return this.#late.slice(step).reduce((sum, count) => sum + count, 0)
  }
}
