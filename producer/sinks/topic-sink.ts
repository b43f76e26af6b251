import { failedWith } from '../../consumer/log/kafka/kafka-client.ts'
import { TopicWriter, type TopicWriterOptions } from '../../consumer/log/kafka/topic-writer.ts'
import type { NewRecord } from '../../consumer/log/port.ts'
import { type Sink, SinkRefused } from './sink.ts'

const TOO_LARGE: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** Writes records to a Kafka topic. */
export class TopicSink implements Sink {
  readonly #topic: string
  readonly #writer: TopicWriter

  constructor(options: TopicWriterOptions) {
    this.#topic = options.topic
    this.#writer = new TopicWriter(options)
  }

  get unconfirmed(): number {
    return this.#writer.unconfirmed
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    try {
      await this.#writer.append(records)
    } catch (error) {
      if (!failedWith(error, TOO_LARGE)) throw error
      const longest = Math.max(...records.map(({ value }) => value.length))
      throw new SinkRefused(
        `topic ${this.#topic} takes no record as large as one of ${longest} bytes; raise its max.message.bytes, or take the record out`,
        { cause: error },
      )
    }
  }

  stopWaiting(): void {
    this.#writer.stopWaiting()
  }

  close(): Promise<void> {
    return this.#writer.close()
  }
}
