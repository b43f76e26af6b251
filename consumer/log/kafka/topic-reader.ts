import type { LogBounds, RecordBatch } from '../../contract/log-port.ts'
import type { LogView } from '../../contract/log-view.ts'
import { Fetcher } from './fetcher.ts'
import type { KafkaConnection } from './kafka-options.ts'
import { Nodes } from './nodes.ts'
import { topicBounds } from './topic-access.ts'
import { TopicView } from './topic-view.ts'

const REQUEST_TIMEOUT_MS = 10_000
const PARTITION_BYTES = 1024 * 1024
const WAIT_MS = 500

/** Follows the committed records of a topic without a group: nothing is committed and nobody is disturbed. */
export class TopicReader implements LogView {
  readonly #nodes: Nodes
  readonly #view: TopicView
  readonly #fetcher: Fetcher

  constructor(connection: KafkaConnection, topic: string) {
    const nodes = new Nodes(connection, REQUEST_TIMEOUT_MS)
    const view = new TopicView(nodes, topic)
    this.#nodes = nodes
    this.#view = view
    this.#fetcher = new Fetcher({
      nodes,
      view,
      partitionBytes: PARTITION_BYTES,
      waitMs: WAIT_MS,
      bounds: (partition) => topicBounds(nodes, view, partition),
    })
  }

  /** How many partitions the topic has now; 0 while it is missing. @throws when no broker can be asked */
  async partitions(): Promise<number> {
    return (await this.#view.refresh()).topic?.partitions.size ?? 0
  }

  bounds(partition: number): Promise<LogBounds> {
    return topicBounds(this.#nodes, this.#view, partition)
  }

  read(partition: number, fromOffset: number, signal: AbortSignal): Promise<RecordBatch> {
    return this.#fetcher.read(partition, fromOffset, signal)
  }

  async close(): Promise<void> {
    this.#fetcher.close()
    await this.#nodes.close()
  }
}
