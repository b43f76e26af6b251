import type { LogRecord } from '../../contract/log-port.ts'
import { UnreadableBatch } from './codecs.ts'
import type { KafkaConnection, KafkaStart } from './kafka-options.ts'
import { Nodes } from './nodes.ts'
import { offsetAtTime, readRuns, topicBounds } from './topic-access.ts'
import { TopicView } from './topic-view.ts'

const REQUEST_TIMEOUT_MS = 10_000

export interface TopicReading {
  readonly connection: KafkaConnection
  readonly topic: string
  /** `latest` means the last `limit` records, shared out as evenly as the partitions hold them. */
  readonly startFrom: KafkaStart
  readonly limit: number
}

export interface TopicRecord extends LogRecord {
  readonly partition: number
  /** True when log time is the broker's word, false when it is the client's. */
  readonly appendTime: boolean
}

/** Why a topic cannot be read, or not to its end. */
export class UnreadableTopic extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'UnreadableTopic'
  }
}

/** Offsets `from` (inclusive) to `to` (exclusive). */
interface Range {
  readonly partition: number
  readonly from: number
  readonly to: number
}

/**
 * The committed records of a topic, up to its end as it is now, for whoever looks: no group is joined and no position
 * kept. Those of one partition come in their order, those of all by log time as far as that allows.
 * @throws {UnreadableTopic}
 */
export async function* readTopic(reading: TopicReading): AsyncGenerator<TopicRecord, void, undefined> {
  const nodes = new Nodes(reading.connection, REQUEST_TIMEOUT_MS)
  const view = new TopicView(nodes, reading.topic)
  try {
    const ranges = await rangesOf(nodes, view, reading)
    yield* byLogTime(ranges.map((range) => readPartition(nodes, view, range)))
  } catch (error) {
    throw new UnreadableTopic(error)
  } finally {
    await nodes.close()
  }
}

async function rangesOf(nodes: Nodes, view: TopicView, { startFrom, limit }: TopicReading): Promise<Range[]> {
  const partitions = [...(await view.current()).partitions.keys()].sort((a, b) => a - b)
  const ranges = await Promise.all(
    partitions.map(async (partition) => {
      const { startOffset, endOffset } = await topicBounds(nodes, view, partition)
      if (typeof startFrom === 'string') return { partition, from: startOffset, to: endOffset }
      const from = (await offsetAtTime(nodes, view, partition, startFrom)) ?? endOffset
      return { partition, from, to: endOffset }
    }),
  )
  return startFrom === 'latest' ? endsOf(ranges, limit) : ranges
}

/** The ends of the ranges, `limit` offsets in all; what one is too short for, the others make up for. */
export function endsOf(ranges: readonly Range[], limit: number): Range[] {
  let left = limit
  return ranges
    .toSorted((a, b) => a.to - a.from - (b.to - b.from))
    .map(({ partition, from, to }, index) => {
      const share = Math.min(to - from, Math.ceil(left / (ranges.length - index)))
      left -= share
      return { partition, from: to - share, to }
    })
}

type PartitionRecords = AsyncGenerator<TopicRecord, undefined, undefined>

async function* byLogTime(partitions: readonly PartitionRecords[]): AsyncGenerator<TopicRecord, void, undefined> {
  const heads = new Map<PartitionRecords, TopicRecord>()
  const advance = async (records: PartitionRecords): Promise<void> => {
    const { value } = await records.next()
    if (value === undefined) heads.delete(records)
    else heads.set(records, value)
  }
  await Promise.all(partitions.map(advance))
  while (heads.size > 0) {
    const [records, head] = [...heads].reduce((first, other) => (isBefore(other[1], first[1]) ? other : first))
    yield head
    await advance(records)
  }
}

const isBefore = (one: TopicRecord, other: TopicRecord): boolean =>
  one.logTimeMs < other.logTimeMs || (one.logTimeMs === other.logTimeMs && one.partition < other.partition)

async function* readPartition(nodes: Nodes, view: TopicView, { partition, from, to }: Range): PartitionRecords {
  try {
    for await (const { records, appendTime } of readRuns(nodes, view, partition, from, to)) {
      for (const record of records) yield { ...record, partition, appendTime }
    }
  } catch (error) {
    if (!(error instanceof UnreadableBatch)) throw error
    throw new Error(`partition ${partition}: ${error.message}`, { cause: error })
  }
  return undefined
}
