import { CompressionTypes, type Message, type Producer } from 'kafkajs'
import type { DeadLetter } from '../../contract/log-port.ts'
import { failedWith } from './kafka-client.ts'
import type { Compression } from './kafka-options.ts'

export const COMPRESSION_TYPES: Readonly<Record<Compression, CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
}

/** Letters sent together; a broker takes a megabyte at once unless told otherwise. */
const BATCH_BYTES = 500_000
/** What is kept of a letter that the topic would not take whole. */
const CUT_BYTES = 100_000
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** Rejected records as records of a topic: the original bytes, and why and whence in the headers. */
export class DeadLetterTopic {
  readonly #topic: string
  readonly #producer: Producer
  readonly #sourceTopic: string
  readonly #compression: CompressionTypes

  constructor(topic: string, producer: Producer, sourceTopic: string, compression: Compression) {
    this.#topic = topic
    this.#producer = producer
    this.#sourceTopic = sourceTopic
    this.#compression = COMPRESSION_TYPES[compression]
  }

  async write(letters: readonly DeadLetter[]): Promise<void> {
    let batch: Message[] = []
    let bytes = 0
    for (const letter of letters) {
      if (batch.length > 0 && bytes + letter.value.length > BATCH_BYTES) {
        await this.#send(batch)
        batch = []
        bytes = 0
      }
      batch.push(this.#messageOf(letter))
      bytes += letter.value.length
    }
    if (batch.length > 0) await this.#send(batch)
  }

  #messageOf({ partition, offset, reason, value }: DeadLetter): Message {
    return {
      key: `${this.#sourceTopic}/${partition}/${offset}`,
      value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
      partition,
      headers: { reason, topic: this.#sourceTopic, partition: String(partition), offset: String(offset) },
    }
  }

  async #send(messages: Message[]): Promise<void> {
    try {
      await this.#producer.send({ topic: this.#topic, acks: -1, compression: this.#compression, messages })
    } catch (error) {
      if (!failedWith(error, TOO_LARGE)) throw error
      // One record that the source took and this topic does not must not hold up everything behind it.
      await this.#producer.send({
        topic: this.#topic,
        acks: -1,
        compression: this.#compression,
        messages: messages.map((message) => cut(message)),
      })
    }
  }
}

function cut(message: Message): Message {
  const value = message.value as Buffer
  if (value.length <= CUT_BYTES) return message
  const headers = { ...message.headers, cut_from_bytes: String(value.length) }
  return { ...message, value: value.subarray(0, CUT_BYTES), headers }
}
