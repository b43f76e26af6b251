import type { OracleOptions } from './event.ts'
import { ofAccepted, ofClosed, ofOpen, ofRefused } from './increments.ts'
import { Judge } from './judge.ts'
import { LabelGuard } from './label-guard.ts'
import { labelOfPage } from './page-label.ts'
import { readEvent } from './read-event.ts'
import type { Session } from './sessions.ts'
import { type Increment, increment, Sums } from './sums.ts'
import { WaitingSessions } from './waiting-sessions.ts'

export type { OracleOptions } from './event.ts'
export { ORACLE_FAMILIES, totalsOf } from './families.ts'

/** A record as the log holds it. */
export interface LoggedRecord {
  readonly offset: number
  /** Empty for a record without a value. */
  readonly value: Uint8Array
  /** Epoch ms. */
  readonly logTimeMs: number
}

/**
 * What an exporter must show of one partition's log, computed another way: each record is read, judged and counted by
 * itself, and sessions come from sorting and splitting. Keeps what may still change, not the log. Idle advance is not
 * in the log, and so not in here.
 */
export class PartitionOracle {
  readonly #options: OracleOptions
  readonly #judge: Judge
  readonly #labels: LabelGuard
  readonly #sessions: WaitingSessions
  readonly #sums = new Sums()
  #nextOffset = 0

  constructor(options: OracleOptions) {
    this.#options = options
    this.#judge = new Judge(options)
    this.#labels = new LabelGuard(
      options.pages.map((page) => labelOfPage(page) ?? ''),
      options.maxPages,
    )
    this.#sessions = new WaitingSessions(options)
  }

  /** Counts the log's next record. @throws {RangeError} when it stands before one that was counted */
  take({ offset, value, logTimeMs }: LoggedRecord): void {
    if (offset < this.#nextOffset) throw new RangeError(`offset ${offset}: give the records in log order`)
    this.#nextOffset = offset + 1
    this.#sums.add([increment('records_consumed_total'), ...this.#outcomeOf(value, logTimeMs)])
    if (this.#sessions.isDue) this.#settle()
  }

  /**
   * Every state-derived series but those that are 0, by the text the page has for it without the labels that all have:
   * `clickstream_page_views_total{page="/"}`. The position is the offset after the record taken last.
   */
  series(): Map<string, number> {
    const { watermarkMs } = this.#judge
    const open = this.#settle()
    const now = new Sums()
    now.add(this.#sums)
    for (const session of open) now.add(ofOpen(session, watermarkMs))
    now.add([increment('position_offset', {}, this.#nextOffset)])
    for (const label of ['page', 'currency'] as const) {
      const { used, limit } = this.#labels[label]
      now.add([increment('label_values', { label }, used), increment('label_values_limit', { label }, limit)])
    }
    const shown = now.shown()
    if (Number.isFinite(watermarkMs)) shown.set('clickstream_watermark_timestamp_seconds', watermarkMs / 1_000)
    return shown
  }

  #outcomeOf(value: Uint8Array, logTimeMs: number): Increment[] {
    const read = readEvent(value, logTimeMs, this.#options)
    if (read.refusal !== undefined) return [ofRefused(read.refusal)]
    const verdict = this.#judge.verdictOn(read.event)
    if (verdict !== 'accepted') return [ofRefused(verdict)]
    const event = this.#labels.labelled(read.event)
    this.#sessions.add(event)
    return ofAccepted(event)
  }

  #settle(): Session[] {
    return this.#sessions.settle(this.#judge.watermarkMs, (session) => {
      this.#sums.add([increment('sessions_started_total'), ...ofClosed(session, this.#options)])
    })
  }
}
