import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordBatch } from '../../contract/log-port.ts'
import { type FetchedPartition, fetchRequest } from './fetch-request.ts'
import { sendRaw } from './kafkajs-internals.ts'
import type { Nodes } from './nodes.ts'
import { offsetBehind, type RecordRun, readBatches } from './record-batches.ts'
import { KafkaRefusal } from './topic-metadata.ts'
import { identityOf, type TopicView } from './topic-view.ts'

export interface FetcherOptions {
  readonly nodes: Nodes
  readonly view: TopicView
  readonly partitionBytes: number
  readonly waitMs: number
  /** First offset still held and one past the last, from the partition's leader. */
  readonly bounds: (partition: number) => Promise<{ startOffset: number; endOffset: number }>
}

/** A fetch of many partitions still ends: each of the others gets its turn with the next. */
const RESPONSE_BYTES = 32 * 1024 * 1024
/** Less is waited for, unless less is asked for. */
const MIN_BYTES = 64 * 1024
const RETRY_MS = 100

const OFFSET_OUT_OF_RANGE = 1
/** The topic or its leader is not where it was thought to be; the cluster knows. */
const ASK_AGAIN = new Set([3, 5, 6, 9, 56, 74, 75, 78, 100, 103])

/** Fetched and not yet read. */
interface Fetched {
  readonly answer: FetchedPartition
  readonly identity: string
  readonly from: number
}

interface Reader {
  readonly from: number
  readonly resolve: (fetched: Fetched | undefined) => void
  readonly reject: (error: unknown) => void
}

interface Slot {
  readonly partition: number
  /** Where the next fetch begins; undefined when none is wanted. */
  next: number | undefined
  fetched: Fetched | undefined
  reader: Reader | undefined
  /** Decoded runs that the last read left over, with what they were fetched with. */
  rest: { runs: RecordRun[]; fetched: Fetched; nextOffset: number; from: number } | undefined
  inFlight: boolean
}

/**
 * Reads partitions from their leaders: one fetch under way per leader for all its partitions, and one answer ahead of
 * the reader for each.
 */
export class Fetcher {
  readonly #options: FetcherOptions
  readonly #slots = new Map<number, Slot>()
  readonly #looping = new Set<number>()
  #closed = false

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  /** As {@link PartitionedLog.read}. */
  async read(partition: number, from: number, signal: AbortSignal): Promise<RecordBatch> {
    // Whoever lost the partition must not move the slot of who has it now.
    if (signal.aborted) return nothingRead(from)
    const slot = this.#slotOf(partition)
    if (slot.rest?.from === from) return this.#nextRun(slot)
    slot.rest = undefined
    if (slot.fetched?.from !== from) {
      slot.fetched = undefined
      slot.next = from
    }
    const fetched = slot.fetched ?? (await this.#wait(slot, from, signal))
    if (fetched === undefined) return nothingRead(from)
    slot.fetched = undefined
    const { answer } = fetched
    const behind = offsetBehind(answer.records)
    const nextOffset = Math.max(behind ?? from, from)
    // What comes next is fetched while this is being processed.
    slot.next = nextOffset
    this.#kick(slot)
    if (behind === undefined) return this.#batch(fetched, [], false, from)
    const runs = await readBatches(answer.records, from, answer.aborted)
    slot.rest = { runs, fetched, nextOffset, from }
    return this.#nextRun(slot)
  }

  /** Forgets what was fetched for other partitions than these. */
  keepOnly(partitions: readonly number[]): void {
    for (const [partition, slot] of this.#slots) {
      if (partitions.includes(partition)) continue
      slot.reader?.resolve(undefined)
      this.#slots.delete(partition)
    }
  }

  close(): void {
    this.#closed = true
    this.keepOnly([])
  }

  #nextRun(slot: Slot): RecordBatch {
    const { runs, fetched, nextOffset } = slot.rest!
    const run = runs.shift()
    if (runs.length === 0) {
      slot.rest = undefined
      return this.#batch(fetched, run?.records ?? [], run?.appendTime ?? false, nextOffset)
    }
    const until = runs[0]!.records[0]!.offset
    slot.rest = { runs, fetched, nextOffset, from: until }
    return this.#batch(fetched, run!.records, run!.appendTime, until)
  }

  #batch(
    { answer, identity }: Fetched,
    records: RecordBatch['records'],
    appendTime: boolean,
    nextOffset: number,
  ): RecordBatch {
    const { startOffset, highWatermark } = answer
    return { records, nextOffset, startOffset, endOffset: highWatermark, appendTime, identity }
  }

  #slotOf(partition: number): Slot {
    let slot = this.#slots.get(partition)
    if (slot === undefined) {
      slot = { partition, next: undefined, fetched: undefined, reader: undefined, rest: undefined, inFlight: false }
      this.#slots.set(partition, slot)
    }
    return slot
  }

  #wait(slot: Slot, from: number, signal: AbortSignal): Promise<Fetched | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    return new Promise<Fetched | undefined>((resolve, reject) => {
      const settle = (): void => {
        signal.removeEventListener('abort', abort)
        slot.reader = undefined
      }
      const reader: Reader = {
        from,
        resolve(fetched) {
          settle()
          resolve(fetched)
        },
        reject(error) {
          settle()
          reject(error)
        },
      }
      const abort = (): void => reader.resolve(undefined)
      signal.addEventListener('abort', abort, { once: true })
      slot.reader = reader
      this.#kick(slot)
    })
  }

  /** Sees to it that somebody fetches for the slot. */
  #kick(slot: Slot): void {
    if (!this.#isWanting(slot)) return
    this.#options.view.leaderOf(slot.partition).then(
      (leader) => this.#loop(leader),
      (error) => this.#failed([slot], error),
    )
  }

  #isWanting(slot: Slot): boolean {
    return !this.#closed && slot.next !== undefined && slot.fetched === undefined && !slot.inFlight
  }

  /** Fetches from one leader as long as anything is wanted from it. */
  async #loop(leader: number): Promise<void> {
    if (this.#looping.has(leader)) return
    this.#looping.add(leader)
    for (let wanted = await this.#wantedFrom(leader); wanted.length > 0; wanted = await this.#wantedFrom(leader)) {
      for (const slot of wanted) slot.inFlight = true
      try {
        await this.#fetch(leader, wanted)
      } catch (error) {
        await this.#failed(wanted, error)
      } finally {
        for (const slot of wanted) slot.inFlight = false
      }
    }
    this.#looping.delete(leader)
    // Whatever came to be wanted since the last look was turned away while this loop was still there.
    for (const slot of this.#slots.values()) this.#kick(slot)
  }

  async #wantedFrom(leader: number): Promise<Slot[]> {
    const wanting = [...this.#slots.values()].filter((slot) => this.#isWanting(slot))
    if (wanting.length === 0) return []
    try {
      const { partitions } = await this.#options.view.current()
      return wanting.filter((slot) => this.#isWanting(slot) && partitions.get(slot.partition)?.leader === leader)
    } catch {
      // The kick that follows the loop says what is wrong.
      return []
    }
  }

  async #fetch(leader: number, slots: readonly Slot[]): Promise<void> {
    const { nodes, view, partitionBytes, waitMs } = this.#options
    const { id } = await view.current()
    const from = new Map(slots.map(({ partition, next }) => [partition, next!]))
    const request = fetchRequest({
      topic: view.topic,
      topicId: id,
      from,
      partitionBytes,
      responseBytes: RESPONSE_BYTES,
      minBytes: Math.min(MIN_BYTES, partitionBytes),
      waitMs,
    })
    const answers = await sendRaw(await nodes.node(leader), request)
    let misled = false
    for (const answer of answers) {
      const slot = slots.find(({ partition }) => partition === answer.partition)
      const at = from.get(answer.partition)
      if (slot === undefined || at === undefined || slot.next !== at) continue
      if (answer.errorCode === 0) this.#deliver(slot, { answer, identity: identityOf(id), from: at })
      else if (answer.errorCode === OFFSET_OUT_OF_RANGE) await this.#deliverBounds(slot, at)
      else if (ASK_AGAIN.has(answer.errorCode)) misled = true
      else this.#reject(slot, new KafkaRefusal(`fetching partition ${slot.partition}`, answer.errorCode))
    }
    if (misled) await this.#lookAgain(slots, identityOf(id))
  }

  #deliver(slot: Slot, fetched: Fetched): void {
    if (slot.reader?.from === fetched.from) slot.reader.resolve(fetched)
    else if (fetched.answer.records.length > 0) slot.fetched = fetched
  }

  /** An empty answer that tells how far the log reaches now, and which log it is. */
  async #deliverBounds(slot: Slot, from: number): Promise<void> {
    const { bounds, view } = this.#options
    const { id } = await view.current()
    const { startOffset, endOffset } = await bounds(slot.partition)
    const answer: FetchedPartition = {
      partition: slot.partition,
      errorCode: 0,
      startOffset,
      highWatermark: endOffset,
      aborted: [],
      records: Buffer.alloc(0),
    }
    if (slot.next === from) this.#deliver(slot, { answer, identity: identityOf(id), from })
  }

  /** The leader moved, or the topic is another now. */
  async #lookAgain(slots: readonly Slot[], identity: string): Promise<void> {
    const { view } = this.#options
    await view.refresh()
    const { id } = await view.current()
    if (identityOf(id) === identity) {
      await sleep(RETRY_MS)
      return
    }
    for (const slot of slots) if (slot.next !== undefined) await this.#deliverBounds(slot, slot.next)
  }

  #reject(slot: Slot, error: unknown): void {
    slot.next = undefined
    slot.reader?.reject(error)
  }

  /** Readers hear of it and ask again; where nobody reads, nothing is fetched ahead any more. */
  async #failed(slots: readonly Slot[], error: unknown): Promise<void> {
    for (const slot of slots) this.#reject(slot, error)
    // Where the leader is now, the next attempt should know.
    await this.#options.view.refresh().catch(() => undefined)
  }
}

const nothingRead = (from: number): RecordBatch => ({
  records: [],
  nextOffset: from,
  startOffset: from,
  endOffset: from,
  appendTime: false,
  identity: '',
})
