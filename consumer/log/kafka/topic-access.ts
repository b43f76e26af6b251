import type { LogBounds } from '../../contract/log-port.ts'
import { type FetchedPartition, fetchRequest } from './fetch-request.ts'
import { sendRaw } from './kafkajs-internals.ts'
import type { Nodes } from './nodes.ts'
import { type KeyedRecord, offsetBehind, type RecordRun, readBatches } from './record-batches.ts'
import { KafkaRefusal } from './topic-metadata.ts'
import { identityOf, type TopicView } from './topic-view.ts'

const LATEST = -1
const EARLIEST = -2
const READ_UNCOMMITTED = 0
const OFFSET_OUT_OF_RANGE = 1
/** Asked for at once; a larger batch comes all the same. */
const RANGE_BYTES = 1024 * 1024

/** First offset still held, and one past the last, open transactions included. */
export async function topicBounds(nodes: Nodes, view: TopicView, partition: number): Promise<LogBounds> {
  const startOffset = await listOffset(nodes, view, partition, EARLIEST)
  const endOffset = await listOffset(nodes, view, partition, LATEST)
  return { startOffset: startOffset!, endOffset: endOffset!, identity: identityOf((await view.current()).id) }
}

/** The first offset whose record is not older than the time; undefined when there is none yet. */
export function offsetAtTime(
  nodes: Nodes,
  view: TopicView,
  partition: number,
  timeMs: number,
): Promise<number | undefined> {
  return listOffset(nodes, view, partition, timeMs)
}

async function listOffset(
  nodes: Nodes,
  view: TopicView,
  partition: number,
  timestamp: number,
): Promise<number | undefined> {
  try {
    const leader = await nodes.node(await view.leaderOf(partition))
    const { responses } = await leader.listOffsets({
      isolationLevel: READ_UNCOMMITTED,
      topics: [{ topic: view.topic, partitions: [{ partition, timestamp }] }],
    })
    const offset = Number(responses[0]!.partitions[0]!.offset)
    return offset < 0 ? undefined : offset
  } catch (error) {
    // Perhaps the leader moved: the next attempt asks for it anew.
    await view.refresh()
    throw error
  }
}

/** The records with offsets `from` (inclusive) to `to` (exclusive) that are still there, with their keys. */
export async function* readRange(
  nodes: Nodes,
  view: TopicView,
  partition: number,
  from: number,
  to: number,
): AsyncGenerator<KeyedRecord> {
  for await (const { records } of readRuns(nodes, view, partition, from, to, true)) yield* records as KeyedRecord[]
}

/** The same in the runs they were stored in; with `keyed` they are {@link KeyedRecord}s. Ends before an open transaction. */
export async function* readRuns(
  nodes: Nodes,
  view: TopicView,
  partition: number,
  from: number,
  to: number,
  keyed = false,
): AsyncGenerator<RecordRun> {
  for (let next = from; next < to; ) {
    const answer = await fetchOnce(nodes, view, partition, next)
    const behind = offsetBehind(answer.records)
    if (behind === undefined) {
      if (answer.highWatermark > next && answer.startOffset <= next) return
      // A leader just elected may not know yet how far its log is good: what is not there now may come.
      const { startOffset, endOffset } = await topicBounds(nodes, view, partition)
      if (endOffset <= next) return
      next = Math.max(next, startOffset)
      continue
    }
    for (const { records, appendTime } of await readBatches(answer.records, next, answer.aborted, keyed)) {
      yield { records: records.filter(({ offset }) => offset < to), appendTime }
    }
    next = Math.max(behind, next)
  }
}

async function fetchOnce(nodes: Nodes, view: TopicView, partition: number, from: number): Promise<FetchedPartition> {
  const { id } = await view.current()
  const request = fetchRequest({
    topic: view.topic,
    topicId: id,
    from: new Map([[partition, from]]),
    partitionBytes: RANGE_BYTES,
    responseBytes: RANGE_BYTES,
    minBytes: 1,
    waitMs: 100,
  })
  const [answer] = await sendRaw(await nodes.node(await view.leaderOf(partition)), request)
  const code = answer?.errorCode ?? -1
  if (code === 0) return answer!
  if (code === OFFSET_OUT_OF_RANGE) {
    const { startOffset, endOffset } = await topicBounds(nodes, view, partition)
    return { ...answer!, startOffset, highWatermark: endOffset, records: Buffer.alloc(0) }
  }
  await view.refresh()
  throw new KafkaRefusal(`reading topic ${view.topic}, partition ${partition}`, code)
}
