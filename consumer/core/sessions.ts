import { DueHeap } from './due-heap.ts'

/** Where a session stands on its way: each phase has its own next due time. */
export const PHASE_OPEN = 0
export const PHASE_STARTED = 1
export const PHASE_OVER_24H = 2

const NOWHERE = -1
const SMALLEST = 1024

/**
 * A session is one row of 80 bytes, doubles first: touching it costs two cache lines where a column per field would
 * cost ten (measured: a third of the whole path). These are positions in the row as `doubles` ...
 */
export const ROW_DOUBLES = 10
export const START_MS = 0
export const END_MS = 1
/** Time of the first and the last page view by (time, label). */
export const ENTRY_MS = 2
export const EXIT_MS = 3
/** Earliest checkout and purchase: Infinity while there is none. */
export const CHECKOUT_MS = 4
export const PURCHASE_MS = 5

/** ... and as `ints`. */
export const ROW_INTS = 20
export const KEY_LO = 12
export const KEY_HI = 13
export const PAGE_VIEWS = 14
/** One bit per funnel step. */
export const STEPS = 15
/** Label ids of the first and the last page view. */
export const ENTRY_PAGE = 16
export const EXIT_PAGE = 17
/** One bit per event type, and the phase from bit PHASE_SHIFT on. */
export const TYPES = 18
/** Another open session of the same key, or the next free slot. */
const NEXT = 19

export const PHASE_SHIFT = 16

const DISTANCE_SHIFT = 27
const SLOT_BITS = (1 << DISTANCE_SHIFT) - 1
/** Stands for itself and anything longer. */
const LONGEST_DISTANCE = 31

/** What a snapshot holds of the table beside the rows. */
export interface SessionTableShape {
  /** Slots ever used: the saved rows. */
  readonly used: number
  readonly free: number
  readonly open: number
}

/**
 * The open sessions of one partition, found by key through an open-addressing index and by due time through a heap. A
 * session leaves when it closes, which the watermark forces; its row is used again.
 *
 * Rows depend on the order of events alone: index and heap are rebuilt on restore and may differ from the ones of a
 * process that never stopped, the rows may not.
 */
export class SessionTable {
  /** Row of slot i: doubles from i * ROW_DOUBLES, ints from i * ROW_INTS, of the same memory. */
  doubles: Float64Array<ArrayBuffer>
  ints: Int32Array<ArrayBuffer>
  readonly due: DueHeap
  open = 0
  #used = 0
  #free = NOWHERE
  /**
   * Slot + 1 of the first session of a key, with how far it stands from where its key belongs; 0 is empty. Linear
   * probing, at most 80 % full. The distance tells most strangers without a look at their rows, which lie anywhere in
   * memory.
   */
  #index: Int32Array
  #indexed = 0
  /** Depends on what touching has read, or that could be left out. */
  touched = 0

  constructor() {
    this.doubles = new Float64Array(SMALLEST * ROW_DOUBLES)
    this.ints = new Int32Array(this.doubles.buffer)
    this.due = new DueHeap(
      SMALLEST,
      (slot, other) => this.#before(slot, other),
      (slot) => this.#touch(slot),
    )
    this.#index = new Int32Array(SMALLEST * 2)
  }

  get capacity(): number {
    return this.doubles.length / ROW_DOUBLES
  }

  get bytes(): number {
    return this.doubles.byteLength + this.due.bytes + this.#index.byteLength
  }

  get shape(): SessionTableShape {
    return { used: this.#used, free: this.#free, open: this.open }
  }

  phase(slot: number): number {
    return this.ints[slot * ROW_INTS + TYPES]! >> PHASE_SHIFT
  }

  setPhase(slot: number, phase: number): void {
    const at = slot * ROW_INTS + TYPES
    this.ints[at] = (this.ints[at]! & ((1 << PHASE_SHIFT) - 1)) | (phase << PHASE_SHIFT)
  }

  /** The first open session of a key, or -1; {@link next} leads to the others. */
  find(lo: number, hi: number): number {
    const ints = this.ints
    const index = this.#index
    const mask = index.length - 1
    for (let at = lo & mask, distance = 0; ; at = (at + 1) & mask) {
      const entry = index[at]!
      if (entry === 0) return -1
      if (entry >>> DISTANCE_SHIFT === distance) {
        const row = ((entry & SLOT_BITS) - 1) * ROW_INTS
        if (ints[row + KEY_LO] === lo && ints[row + KEY_HI] === hi) return (entry & SLOT_BITS) - 1
      }
      if (distance < LONGEST_DISTANCE) distance++
    }
  }

  /** The next open session of the same key, or -1. */
  next(slot: number): number {
    return this.ints[slot * ROW_INTS + NEXT]!
  }

  /** A new session with nothing in it but its first moment. Not yet in the heap. */
  add(lo: number, hi: number, timeMs: number): number {
    const slot = this.#takeSlot()
    const double = slot * ROW_DOUBLES
    const int = slot * ROW_INTS
    const { doubles, ints } = this
    doubles[double + START_MS] = timeMs
    doubles[double + END_MS] = timeMs
    for (let at = double + ENTRY_MS; at <= double + PURCHASE_MS; at++) doubles[at] = Number.POSITIVE_INFINITY
    ints[int + KEY_LO] = lo
    ints[int + KEY_HI] = hi
    for (let at = int + PAGE_VIEWS; at < int + NEXT; at++) ints[at] = 0
    this.open++
    this.#link(slot)
    return slot
  }

  remove(slot: number): void {
    this.due.remove(slot)
    this.#unlink(slot)
    this.ints[slot * ROW_INTS + NEXT] = this.#free
    this.#free = slot
    this.open--
  }

  /** Takes over saved rows (`shape.used` of them) and rebuilds index and heap. */
  restore(rows: Float64Array, shape: SessionTableShape, dueMs: (slot: number) => number): void {
    const capacity = Math.max(SMALLEST, Math.ceil(shape.used * 1.25))
    this.#resize(capacity, rows)
    this.#used = shape.used
    this.#free = shape.free
    this.open = shape.open
    const chained = new Uint8Array(shape.used)
    this.forEachOpen((slot) => {
      const next = this.next(slot)
      if (next >= 0) chained[next] = 1
    })
    this.#resizeIndex(shape.open)
    this.forEachOpen((slot) => {
      if (chained[slot] === 0) this.#place(slot)
      this.due.push(slot, dueMs(slot))
    })
  }

  /** Calls `visit` with every open slot. For restoring, changes of options and tests, never on the way of a record. */
  forEachOpen(visit: (slot: number) => void): void {
    const free = new Uint8Array(this.#used)
    for (let slot = this.#free; slot >= 0; slot = this.next(slot)) free[slot] = 1
    for (let slot = 0; slot < free.length; slot++) if (free[slot] === 0) visit(slot)
  }

  /**
   * Looks at a row that will be needed soon. Rows lie anywhere in memory: looking at a second's worth of them in a row
   * lets the machine fetch them side by side, five times as fast as one by one when they are needed (npm run bench).
   */
  #touch(slot: number): void {
    this.touched ^= this.ints[slot * ROW_INTS]! ^ this.ints[slot * ROW_INTS + ROW_INTS - 1]!
  }

  /**
   * Looks at the row where a key's session most likely is: fetching it then overlaps with what is done before it is
   * needed (npm run bench: a tenth of the whole path).
   */
  touchKey(lo: number): void {
    const index = this.#index
    const slot = (index[lo & (index.length - 1)]! & SLOT_BITS) - 1
    if (slot >= 0) this.#touch(slot)
  }

  #before(slot: number, other: number): boolean {
    const { ints, doubles } = this
    const a = slot * ROW_INTS
    const b = other * ROW_INTS
    if (ints[a + KEY_LO] !== ints[b + KEY_LO]) return ints[a + KEY_LO]! < ints[b + KEY_LO]!
    if (ints[a + KEY_HI] !== ints[b + KEY_HI]) return ints[a + KEY_HI]! < ints[b + KEY_HI]!
    return doubles[slot * ROW_DOUBLES + START_MS]! < doubles[other * ROW_DOUBLES + START_MS]!
  }

  #takeSlot(): number {
    if (this.#free >= 0) {
      const slot = this.#free
      this.#free = this.next(slot)
      return slot
    }
    if (this.#used === this.capacity) this.#resize(Math.ceil(this.capacity * 1.5), this.doubles)
    return this.#used++
  }

  #resize(capacity: number, rows: Float64Array): void {
    this.doubles = new Float64Array(capacity * ROW_DOUBLES)
    this.ints = new Int32Array(this.doubles.buffer)
    this.doubles.set(rows)
    this.due.grow(capacity)
  }

  #link(slot: number): void {
    const ints = this.ints
    const at = slot * ROW_INTS
    const first = this.find(ints[at + KEY_LO]!, ints[at + KEY_HI]!)
    if (first >= 0) {
      ints[at + NEXT] = this.next(first)
      ints[first * ROW_INTS + NEXT] = slot
      return
    }
    ints[at + NEXT] = NOWHERE
    if (this.#indexed >= this.#index.length * 0.8) {
      const heads = this.#index.filter((entry) => entry !== 0)
      this.#resizeIndex(heads.length * 1.2)
      for (const head of heads) this.#place((head & SLOT_BITS) - 1)
    }
    this.#place(slot)
  }

  #resizeIndex(keys: number): void {
    let size = SMALLEST * 2
    while (size * 0.75 < keys) size *= 2
    this.#index = new Int32Array(size)
    this.#indexed = 0
  }

  #place(slot: number): void {
    const index = this.#index
    const mask = index.length - 1
    let at = this.ints[slot * ROW_INTS + KEY_LO]! & mask
    let distance = 0
    for (; index[at] !== 0; at = (at + 1) & mask) distance++
    index[at] = indexEntry(slot, distance)
    this.#indexed++
  }

  #unlink(slot: number): void {
    const { ints } = this
    const index = this.#index
    const mask = index.length - 1
    const row = slot * ROW_INTS
    const next = ints[row + NEXT]!
    const lo = ints[row + KEY_LO]!
    for (let at = lo & mask; index[at] !== 0; at = (at + 1) & mask) {
      if ((index[at]! & SLOT_BITS) === slot + 1) {
        if (next >= 0) index[at] = (index[at]! & ~SLOT_BITS) | (next + 1)
        else this.#vacate(at)
        return
      }
    }
    let before = this.find(lo, ints[row + KEY_HI]!)
    while (this.next(before) !== slot) before = this.next(before)
    ints[before * ROW_INTS + NEXT] = next
  }

  /** Empties an index place and moves later entries of the same run up, so that no search stops too early. */
  #vacate(place: number): void {
    const index = this.#index
    const mask = index.length - 1
    let hole = place
    for (let at = (hole + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const entry = index[at]!
      const slot = (entry & SLOT_BITS) - 1
      let distance = entry >>> DISTANCE_SHIFT
      if (distance === LONGEST_DISTANCE) distance = (at - this.ints[slot * ROW_INTS + KEY_LO]!) & mask
      const moved = (at - hole) & mask
      if (distance >= moved) {
        index[hole] = indexEntry(slot, distance - moved)
        hole = at
      }
    }
    index[hole] = 0
    this.#indexed--
  }
}

const indexEntry = (slot: number, distance: number): number =>
  (slot + 1) | (Math.min(distance, LONGEST_DISTANCE) << DISTANCE_SHIFT)
