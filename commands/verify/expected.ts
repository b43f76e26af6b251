import { setImmediate as otherWork } from 'node:timers/promises'
import type { OracleOptions } from '../../producer/oracle/partition-oracle.ts'
import { PartitionOracle } from '../../producer/oracle/partition-oracle.ts'
import type { PartitionSeries } from './state-series.ts'
import type { Venue } from './venue.ts'

/** What the log says that must be shown, and how far it reaches. */
export interface Expected {
  readonly series: PartitionSeries
  /** Records of each partition. */
  readonly records: readonly number[]
  /** One past the last offset of each partition. */
  readonly ends: readonly number[]
}

/** Records judged before the exporter in this process gets a turn. */
const SLICE_RECORDS = 1_000

/** Judges what is in the log, not what was meant to be in it. */
export async function judgeLog(
  venue: Pick<Venue, 'partitions' | 'read'>,
  options: OracleOptions,
  onRecords: (records: number) => void,
): Promise<Expected> {
  const oracles = Array.from({ length: venue.partitions }, () => new PartitionOracle(options))
  const records = oracles.map(() => 0)
  const ends = oracles.map(() => 0)
  let judged = 0
  for await (const { partition, record } of venue.read()) {
    oracles[partition]!.take(record)
    records[partition]! += 1
    ends[partition] = record.offset + 1
    judged += 1
    if (judged % SLICE_RECORDS === 0) {
      onRecords(judged)
      await otherWork()
    }
  }
  return { series: new Map(oracles.map((oracle, partition) => [partition, oracle.series()])), records, ends }
}
