/** Sequence numbers have 31 bits. Where they end kafkajs's way of counting and the brokers' part. */
const MOST_SEQUENCE = 2_000_000_000

/**
 * Who writes, as brokers know it, and the sequence number of its next record in each partition. A broker that gets a
 * batch again, under the same numbers, keeps one copy; under another producer's id it would be another batch.
 */
export class ProducerSession {
  readonly producerId: string
  readonly producerEpoch: number
  readonly #next = new Map<number, number>()

  constructor({ producerId, producerEpoch }: { producerId: string; producerEpoch: number }) {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }

  /** Number of the next record of the partition. */
  sequenceOf(partition: number): number {
    return this.#next.get(partition) ?? 0
  }

  /** The partition has so many records more. */
  advance(partition: number, records: number): void {
    this.#next.set(partition, this.sequenceOf(partition) + records)
  }

  /** A new session is due before the next append: the numbers of a partition would come to their end. */
  get isSpent(): boolean {
    for (const sequence of this.#next.values()) if (sequence > MOST_SEQUENCE) return true
    return false
  }
}
