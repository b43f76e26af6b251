import type { LogRecord } from '../port.ts'
import { type FetchedPartition, fetchRequest } from './fetch-request.ts'
import type { KafkaConnection, KafkaStart } from './kafka-options.ts'
import { sendRaw } from './kafkajs-internals.ts'
import { Nodes } from './nodes.ts'
import { offsetBehind, type RecordRun, readBatches } from './record-batches.ts'
import { offsetAtTime, topicBounds } from './topic-access.ts'
import { KafkaRefusal } from './topic-metadata.ts'
import { TopicView } from './topic-view.ts'

const REQUEST_TIMEOUT_MS = 10_000
/** Asked for per partition: one answer of each waits in memory for its turn. A larger batch comes all the same. */
const FETCH_BYTES = 64 * 1024
const OFFSET_OUT_OF_RANGE = 1

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
  // One after the other: asked at once, a connection that is not open yet would be opened as often.
  for (const records of partitions) await advance(records)
  while (heads.size > 0) {
    const [records, head] = [...heads].reduce((first, other) => (isBefore(other[1], first[1]) ? other : first))
    yield head
    await advance(records)
  }
}

const isBefore = (one: TopicRecord, other: TopicRecord): boolean =>
  one.logTimeMs < other.logTimeMs || (one.logTimeMs === other.logTimeMs && one.partition < other.partition)

async function* readPartition(nodes: Nodes, view: TopicView, range: Range): PartitionRecords {
  const { partition, to } = range
  for (let next = range.from; next < to; ) {
    const answer = await fetchOnce(nodes, view, partition, next)
    if (answer === undefined) {
      // Deleted for their age since we looked: the log begins later now.
      const { startOffset } = await topicBounds(nodes, view, partition)
      if (startOffset <= next) return
      next = startOffset
      continue
    }
    for (const { records, appendTime } of await runsOf(answer, next)) {
      for (const record of records) if (record.offset < to) yield { ...record, partition, appendTime }
    }
    const behind = offsetBehind(answer.records)
    // Nothing to read before the end: what is left belongs to a transaction still open.
    if (behind === undefined) return
    next = Math.max(behind, next)
  }
}

async function runsOf({ partition, records, aborted }: FetchedPartition, from: number): Promise<RecordRun[]> {
  try {
    return await readBatches(records, from, aborted)
  } catch (error) {
    throw new Error(`partition ${partition}: ${(error as Error).message}`, { cause: error })
  }
}

/** Undefined when the log does not reach there. One partition a request: then an empty answer means there is nothing. */
async function fetchOnce(
  nodes: Nodes,
  view: TopicView,
  partition: number,
  from: number,
): Promise<FetchedPartition | undefined> {
  const request = fetchRequest({
    topic: view.topic,
    topicId: (await view.current()).id,
    from: new Map([[partition, from]]),
    partitionBytes: FETCH_BYTES,
    responseBytes: FETCH_BYTES,
    minBytes: 1,
    waitMs: 0,
  })
  const [answer] = await sendRaw(await nodes.node(await view.leaderOf(partition)), request)
  if (answer?.errorCode === OFFSET_OUT_OF_RANGE) return undefined
  if (answer?.errorCode === 0) return answer
  throw new KafkaRefusal(`reading topic ${view.topic}, partition ${partition}`, answer?.errorCode ?? -1)
}
