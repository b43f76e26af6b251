import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LogRecord, NewRecord } from '../../contract/log-port.ts'
import { partitionOf } from '../../contract/partitioner.ts'
import { addRecords, encodeBlock, type KeyedBytes, type StoredBlock, storedSize } from './record-block.ts'

/** What one partition holds: offsets `startOffset` to `endOffset` (exclusive). The end never goes back. */
export interface Extent {
  readonly startOffset: number
  readonly endOffset: number
  /** Log time of its last record: the next one's is never less, whatever the clock does. */
  readonly logTimeMs: number
  /** Size of its stored records. */
  readonly bytes: number
}

/** A batch above this is stored as several rows, so that a read can start and stop near any record. */
const ROW_BYTES = 262_144

/** The rows of records, one per batch and partition, and the extents they add up to. */
export class Batches {
  readonly #insert: StatementSync
  readonly #holding: StatementSync
  readonly #extents: StatementSync
  readonly #saveExtent: StatementSync

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      'INSERT INTO batches (partition, base_offset, count, log_time_ms, bytes, block) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#holding = database.prepare(
      `SELECT base_offset AS baseOffset, count, log_time_ms AS logTimeMs, block
       FROM batches WHERE partition = ? AND base_offset <= ? ORDER BY base_offset DESC LIMIT 1`,
    )
    this.#extents = database.prepare(
      `SELECT start_offset AS startOffset, end_offset AS endOffset, log_time_ms AS logTimeMs, bytes
       FROM extents ORDER BY partition`,
    )
    this.#saveExtent = database.prepare(
      'UPDATE extents SET start_offset = ?, end_offset = ?, log_time_ms = ?, bytes = ? WHERE partition = ?',
    )
  }

  /** The extents as stored, one per partition. */
  extents(): readonly Extent[] {
    return this.#extents.all() as unknown as Extent[]
  }

  /** Stores the extents that differ from `before`. */
  saveExtents(before: readonly Extent[], after: readonly Extent[]): void {
    for (const [partition, extent] of after.entries()) {
      if (extent === before[partition]) continue
      this.#saveExtent.run(extent.startOffset, extent.endOffset, extent.logTimeMs, extent.bytes, partition)
    }
  }

  /** Appends the records to their keys' partitions and returns the extents after it. */
  append(extents: readonly Extent[], records: readonly NewRecord[], nowMs: number): readonly Extent[] {
    const after = [...extents]
    for (const [partition, keyed] of byPartition(records, extents.length)) {
      const logTimeMs = Math.max(nowMs, after[partition]!.logTimeMs)
      for (const row of rowsOf(keyed)) {
        const { startOffset, endOffset, bytes } = after[partition]!
        const block = encodeBlock(row)
        this.#insert.run(partition, endOffset, row.length, logTimeMs, block.length, block)
        after[partition] = { startOffset, endOffset: endOffset + row.length, logTimeMs, bytes: bytes + block.length }
      }
    }
    return after
  }

  /** The records from `fromOffset` on, whole rows until `enoughBytes` are passed: views of the rows, nothing copied. */
  read(partition: number, extent: Extent, fromOffset: number, enoughBytes: number): readonly LogRecord[] {
    const records: LogRecord[] = []
    let offset = Math.max(fromOffset, extent.startOffset)
    for (let bytes = 0; offset < extent.endOffset && bytes < enoughBytes; ) {
      const row = this.#holding.get(partition, offset) as unknown as StoredBlock | undefined
      if (row === undefined || row.baseOffset + row.count <= offset) {
        throw new Error(
          `the record ${offset} of partition ${partition} is missing; move the file away to start an empty log`,
        )
      }
      addRecords(row, offset, records)
      offset = row.baseOffset + row.count
      bytes += row.block.length
    }
    return records
  }
}

const utf8 = new TextEncoder()

function byPartition(records: readonly NewRecord[], partitions: number): ReadonlyMap<number, readonly KeyedBytes[]> {
  const parted = new Map<number, KeyedBytes[]>()
  for (const { key, value } of records) {
    const keyed = { key: utf8.encode(key), value }
    const partition = partitionOf(keyed.key, partitions)
    const together = parted.get(partition)
    if (together === undefined) parted.set(partition, [keyed])
    else together.push(keyed)
  }
  return parted
}

function* rowsOf(records: readonly KeyedBytes[]): Generator<readonly KeyedBytes[]> {
  let row: KeyedBytes[] = []
  let bytes = 0
  for (const record of records) {
    const size = storedSize(record)
    if (row.length > 0 && bytes + size > ROW_BYTES) {
      yield row
      row = []
      bytes = 0
    }
    row.push(record)
    bytes += size
  }
  yield row
}
