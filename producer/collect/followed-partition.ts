import { EventEmitter, once } from 'node:events'
import type { LogBounds, LogRecord, RecordBatch } from '../../consumer/contract/log-port.ts'

/** Somebody who is told what a log holds. */
export interface LogFollower {
  /** The next records of a partition, each once. */
  take(partition: number, records: readonly LogRecord[]): void
  /** The log was deleted, or made again: what was taken of the partition is not in it any more. */
  forget(partition: number): void
}

/** How far one partition of a log was followed, from the oldest record it held. */
export class FollowedPartition {
  readonly partition: number
  readonly #follower: LogFollower
  /** Emits `read`, with whether nothing was there, after each read. */
  readonly #reads = new EventEmitter()
  readonly #leaving = new AbortController()
  #identity: string | undefined
  #next = 0

  constructor(partition: number, follower: LogFollower) {
    this.partition = partition
    this.#follower = follower
    // One listener for each who waits.
    this.#reads.setMaxListeners(0)
  }

  /** Aborts when there is no such partition any more. */
  get left(): AbortSignal {
    return this.#leaving.signal
  }

  /** The next offset to read. */
  get next(): number {
    return this.#next
  }

  /** Passes on what was read from {@link next} on. */
  take({ records, nextOffset, startOffset, endOffset, identity }: RecordBatch): void {
    const isOther = this.#identity !== undefined && this.#identity !== identity
    // Brokers older than topic ids tell a topic made again only by its end.
    if (isOther || (identity === '' && this.#next > endOffset)) {
      this.#beginAnew()
      return
    }
    this.#identity = identity
    const from = this.#next
    this.#next = Math.max(from, startOffset, nextOffset)
    this.#follower.take(this.partition, records)
    this.#reads.emit('read', this.#next === from)
  }

  /**
   * Resolves when everything up to a log's end was read, as far as it can be: what an open transaction holds back cannot.
   * @throws when `signal` aborts
   */
  async reach({ endOffset, identity }: LogBounds, signal: AbortSignal): Promise<void> {
    const isThere = (): boolean => this.#identity === identity && this.#next >= endOffset
    for (let reads = 1; !isThere(); reads += 1) {
      const [wasEmpty] = await once(this.#reads, 'read', { signal })
      // The first may have begun before that end was known: that it found nothing says nothing.
      if (wasEmpty && reads > 1) return
    }
  }

  /** There is no such partition any more. Nothing may be taken after this. */
  leave(): void {
    this.#leaving.abort()
    this.#follower.forget(this.partition)
  }

  #beginAnew(): void {
    this.#identity = undefined
    this.#next = 0
    this.#follower.forget(this.partition)
  }
}
