import { SlotHeap } from './slot-heap.ts'

const BUCKET_MS = 1024
/** The ring reaches 70 minutes ahead: further than the usual session gap and lateness together. */
const BUCKETS = 4096

/** A slot's entry is 16 bytes: its due time, and as two integers where it stands. */
const ENTRY_DOUBLES = 2
const ENTRY_INTS = 4
/** In a bucket: the slot behind it, or NOBODY. In a heap: IN_FRONT or IN_FAR. */
const NEXT = 2
/** In a bucket: the slot before it, or the complement of the bucket's number. In a heap: its place. */
const BEFORE = 3
const NOBODY = -1
const IN_FRONT = -2
const IN_FAR = -3

/**
 * Which session is due next. A due time may be too early (a session grew since); the reader of the top finds out and
 * puts it back, so that growing costs nothing. Equal due times are ordered by `first`, which makes the order a
 * function of the sessions alone.
 *
 * Only what is due soonest stands in a heap, the front. What is due later waits unordered in a ring of buckets of a
 * second each, and joins the front with its bucket: moving a session costs the same however many are open, where in
 * one heap of all it was a quarter of the whole path (npm run bench). What is due beyond the ring waits in a heap of
 * its own.
 */
export class DueHeap {
  size = 0
  /** No due time is earlier. Epoch milliseconds; what asks with every record asks this and touches nothing else. */
  soonestMs = Number.POSITIVE_INFINITY
  /** Of the same memory, as in the session rows. */
  #dues: Float64Array
  #links: Int32Array
  readonly #front: SlotHeap
  readonly #far: SlotHeap
  readonly #buckets = new Int32Array(BUCKETS).fill(NOBODY)
  #inBuckets = 0
  /** Number of the first bucket that has not joined the front: whatever is due before it stands there. */
  #horizon = 0

  readonly #approaching: (slot: number) => void

  /** @param approaching told of every slot that joins the front, shortly before it can come to the top */
  constructor(
    capacity: number,
    first: (slot: number, other: number) => boolean,
    approaching: (slot: number) => void = () => {},
  ) {
    this.#approaching = approaching
    this.#dues = new Float64Array(capacity * ENTRY_DOUBLES)
    this.#links = new Int32Array(this.#dues.buffer)
    const before = (slot: number, other: number): boolean => {
      const dueMs = this.#dues[slot * ENTRY_DOUBLES]!
      const otherMs = this.#dues[other * ENTRY_DOUBLES]!
      return dueMs < otherMs || (dueMs === otherMs && first(slot, other))
    }
    this.#front = new SlotHeap(before, (slot, place) => this.#stand(slot, IN_FRONT, place))
    this.#far = new SlotHeap(before, (slot, place) => this.#stand(slot, IN_FAR, place))
  }

  get bytes(): number {
    return this.#dues.byteLength + this.#buckets.byteLength + this.#front.bytes + this.#far.bytes
  }

  /** Epoch milliseconds; Infinity when nothing is due ever. */
  get topDueMs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.#dues[this.topSlot * ENTRY_DOUBLES]!
  }

  get topSlot(): number {
    if (this.#front.size === 0 && this.size > 0) this.#fillFront()
    return this.#front.top
  }

  grow(capacity: number): void {
    const dues = new Float64Array(capacity * ENTRY_DOUBLES)
    dues.set(this.#dues)
    this.#dues = dues
    this.#links = new Int32Array(dues.buffer)
  }

  push(slot: number, dueMs: number): void {
    if (this.size++ === 0) this.#horizon = bucketOf(dueMs)
    this.#enter(slot, dueMs)
  }

  /** Moves a slot to an earlier due time; a later one than it has is left to the reader of the top. */
  hasten(slot: number, dueMs: number): void {
    if (dueMs >= this.#dues[slot * ENTRY_DOUBLES]!) return
    this.#leave(slot)
    this.#enter(slot, dueMs)
  }

  /** Gives the top another, later due time. */
  postponeTop(dueMs: number): void {
    const slot = this.topSlot
    if (bucketOf(dueMs) < this.#horizon) {
      this.#dues[slot * ENTRY_DOUBLES] = dueMs
      this.#front.topPostponed()
    } else {
      this.#front.removeAt(0)
      this.#enter(slot, dueMs)
    }
  }

  remove(slot: number): void {
    this.#leave(slot)
    this.size--
  }

  #stand(slot: number, next: number, before: number): void {
    this.#links[slot * ENTRY_INTS + NEXT] = next
    this.#links[slot * ENTRY_INTS + BEFORE] = before
  }

  #enter(slot: number, dueMs: number): void {
    this.#dues[slot * ENTRY_DOUBLES] = dueMs
    if (dueMs < this.soonestMs) this.soonestMs = dueMs
    const bucket = bucketOf(dueMs)
    if (bucket < this.#horizon) this.#front.push(slot)
    else if (bucket - this.#horizon < BUCKETS) {
      const at = bucket & (BUCKETS - 1)
      const next = this.#buckets[at]!
      this.#stand(slot, next, ~at)
      if (next >= 0) this.#links[next * ENTRY_INTS + BEFORE] = slot
      this.#buckets[at] = slot
      this.#inBuckets++
    } else this.#far.push(slot)
  }

  #leave(slot: number): void {
    const links = this.#links
    const next = links[slot * ENTRY_INTS + NEXT]!
    const before = links[slot * ENTRY_INTS + BEFORE]!
    if (next === IN_FRONT) this.#front.removeAt(before)
    else if (next === IN_FAR) this.#far.removeAt(before)
    else {
      if (before >= 0) links[before * ENTRY_INTS + NEXT] = next
      else this.#buckets[~before] = next
      if (next >= 0) links[next * ENTRY_INTS + BEFORE] = before
      this.#inBuckets--
    }
  }

  /** Lets the earliest bucket join the empty front, with what has come that near in the far heap. */
  #fillFront(): void {
    const dues = this.#dues
    const far = this.#far
    let bucket = far.size > 0 ? bucketOf(dues[far.top * ENTRY_DOUBLES]!) : Number.POSITIVE_INFINITY
    if (this.#inBuckets > 0) {
      let nearest = this.#horizon
      while (nearest < bucket && this.#buckets[nearest & (BUCKETS - 1)] === NOBODY) nearest++
      bucket = nearest
    }
    this.#horizon = bucket + 1
    const at = bucket & (BUCKETS - 1)
    for (let slot = this.#buckets[at]!; slot >= 0; slot = this.#links[slot * ENTRY_INTS + NEXT]!)
      this.#approaching(slot)
    for (let slot = this.#buckets[at]!; slot >= 0; ) {
      const next = this.#links[slot * ENTRY_INTS + NEXT]!
      this.#front.push(slot)
      this.#inBuckets--
      slot = next
    }
    this.#buckets[at] = NOBODY
    while (far.size > 0 && bucketOf(dues[far.top * ENTRY_DOUBLES]!) <= bucket) {
      const slot = far.top
      far.removeAt(0)
      this.#front.push(slot)
    }
  }
}

const bucketOf = (dueMs: number): number => Math.floor(dueMs / BUCKET_MS)
