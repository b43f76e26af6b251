import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { DeadLetter } from '../../contract/log-port.ts'

/** A dead letter as it is kept, with the log time of the record it was. */
export interface KeptDeadLetter extends DeadLetter {
  /** Epoch milliseconds. */
  logTimeMs: number
}

/** The newest of each partition that are kept: a source of nothing but rejects must not fill the disk. */
const KEPT_PER_PARTITION = 10_000

/** The dead letters of one consumer group. */
export class DeadLetters {
  readonly #group: string
  readonly #insert: StatementSync
  readonly #dropOldest: StatementSync
  readonly #newest: StatementSync

  constructor(database: DatabaseSync, group: string) {
    this.#group = group
    // Log time is the record's own, so that a replay writes the same row; when retention took the record, the time of writing.
    this.#insert = database.prepare(
      `INSERT INTO dead_letters (consumer_group, partition, offset, reason, log_time_ms, value)
       VALUES (:group, :partition, :offset, :reason, coalesce((
         SELECT log_time_ms FROM batches
         WHERE partition = :partition AND base_offset <= :offset AND base_offset + count > :offset
         ORDER BY base_offset DESC LIMIT 1), :nowMs), :value)
       ON CONFLICT DO NOTHING`,
    )
    this.#dropOldest = database.prepare(
      `DELETE FROM dead_letters WHERE consumer_group = :group AND partition = :partition AND offset <= (
         SELECT offset FROM dead_letters WHERE consumer_group = :group AND partition = :partition
         ORDER BY offset DESC LIMIT 1 OFFSET ${KEPT_PER_PARTITION})`,
    )
    this.#newest = database.prepare(
      `SELECT partition, offset, reason, log_time_ms AS logTimeMs, value FROM dead_letters
       WHERE consumer_group = ? ORDER BY log_time_ms DESC, offset DESC LIMIT ?`,
    )
  }

  write(letters: readonly DeadLetter[], nowMs: number): void {
    const group = this.#group
    for (const { partition, offset, reason, value } of letters) {
      this.#insert.run({ group, partition, offset, reason, nowMs, value })
    }
    for (const partition of new Set(letters.map((letter) => letter.partition)))
      this.#dropOldest.run({ group, partition })
  }

  newest(limit: number): readonly KeptDeadLetter[] {
    return this.#newest.all(this.#group, limit) as unknown as KeptDeadLetter[]
  }
}
