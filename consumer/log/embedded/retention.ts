import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Extent } from './batches.ts'

interface OldestRow {
  batch: number
  count: number
  logTimeMs: number
  bytes: number
}

/** Keeps the stored records within `retentionBytes` by deleting the oldest rows, so that the file stops growing. */
export class Retention {
  readonly #retentionBytes: number
  readonly #oldest: StatementSync
  readonly #delete: StatementSync

  constructor(database: DatabaseSync, retentionBytes: number) {
    this.#retentionBytes = retentionBytes
    this.#oldest = database.prepare(
      `SELECT batch, count, log_time_ms AS logTimeMs, bytes
       FROM batches WHERE partition = ? ORDER BY base_offset LIMIT 1`,
    )
    this.#delete = database.prepare('DELETE FROM batches WHERE batch = ?')
  }

  /**
   * Deletes by log time over all partitions, so that each loses in proportion to what it holds; never a partition's
   * last row, so that a quiet one keeps its newest records. Returns the extents after it.
   */
  enforce(extents: readonly Extent[]): readonly Extent[] {
    let excess = extents.reduce((bytes, extent) => bytes + extent.bytes, -this.#retentionBytes)
    if (excess <= 0) return extents
    const after = [...extents]
    const oldest = after.map((extent, partition) => this.#deletable(partition, extent))
    while (excess > 0) {
      const partition = indexOfOldest(oldest)
      if (partition === undefined) break
      const row = oldest[partition]!
      this.#delete.run(row.batch)
      excess -= row.bytes
      const extent = after[partition]!
      after[partition] = { ...extent, startOffset: extent.startOffset + row.count, bytes: extent.bytes - row.bytes }
      oldest[partition] = this.#deletable(partition, after[partition])
    }
    return after
  }

  #deletable(partition: number, extent: Extent): OldestRow | undefined {
    const row = this.#oldest.get(partition) as unknown as OldestRow | undefined
    return row === undefined || extent.startOffset + row.count === extent.endOffset ? undefined : row
  }
}

function indexOfOldest(rows: readonly (OldestRow | undefined)[]): number | undefined {
  let oldest: number | undefined
  for (const [index, row] of rows.entries()) {
    if (row !== undefined && (oldest === undefined || row.logTimeMs < rows[oldest]!.logTimeMs)) oldest = index
  }
  return oldest
}
