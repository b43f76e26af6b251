const ARITY = 4

/**
 * Which session is due next: a 4-ary heap of (due time, slot) that knows where each slot stands. A due time may be
 * too early (a session grew since); the reader of the top finds out and puts it back, so that growing costs nothing.
 * Equal due times are ordered by `first`, which makes the order a function of the sessions alone.
 */
export class DueHeap {
  size = 0
  #dues: Float64Array
  #slots: Int32Array
  /** Where each slot stands in the heap. */
  #places: Int32Array
  readonly #first: (slot: number, other: number) => boolean

  constructor(capacity: number, first: (slot: number, other: number) => boolean) {
    this.#dues = new Float64Array(capacity)
    this.#slots = new Int32Array(capacity)
    this.#places = new Int32Array(capacity)
    this.#first = first
  }

  get bytes(): number {
    return this.#dues.byteLength + this.#slots.byteLength + this.#places.byteLength
  }

  /** Epoch milliseconds; Infinity when nothing is due ever. */
  get topDueMs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.#dues[0]!
  }

  get topSlot(): number {
    return this.#slots[0]!
  }

  grow(capacity: number): void {
    this.#dues = enlarged(this.#dues, new Float64Array(capacity))
    this.#slots = enlarged(this.#slots, new Int32Array(capacity))
    this.#places = enlarged(this.#places, new Int32Array(capacity))
  }

  push(slot: number, dueMs: number): void {
    this.#up(this.size++, slot, dueMs)
  }

  /** Moves a slot to an earlier due time; a later one than it has is left to the reader of the top. */
  hasten(slot: number, dueMs: number): void {
    const place = this.#places[slot]!
    if (dueMs < this.#dues[place]!) this.#up(place, slot, dueMs)
  }

  /** Gives the top another, later due time. */
  postponeTop(dueMs: number): void {
    this.#down(0, this.#slots[0]!, dueMs)
  }

  remove(slot: number): void {
    const place = this.#places[slot]!
    const last = --this.size
    if (place === last) return
    const moved = this.#slots[last]!
    const dueMs = this.#dues[last]!
    this.#down(place, moved, dueMs)
    this.#up(this.#places[moved]!, moved, dueMs)
  }

  #before(dueMs: number, slot: number, place: number): boolean {
    const other = this.#dues[place]!
    return dueMs < other || (dueMs === other && this.#first(slot, this.#slots[place]!))
  }

  #put(place: number, slot: number, dueMs: number): void {
    this.#dues[place] = dueMs
    this.#slots[place] = slot
    this.#places[slot] = place
  }

  #up(from: number, slot: number, dueMs: number): void {
    let place = from
    while (place > 0) {
      const parent = ((place - 1) / ARITY) | 0
      if (!this.#before(dueMs, slot, parent)) break
      this.#put(place, this.#slots[parent]!, this.#dues[parent]!)
      place = parent
    }
    this.#put(place, slot, dueMs)
  }

  #down(from: number, slot: number, dueMs: number): void {
    let place = from
    for (;;) {
      const firstChild = place * ARITY + 1
      if (firstChild >= this.size) break
      let least = firstChild
      const end = Math.min(firstChild + ARITY, this.size)
      for (let child = firstChild + 1; child < end; child++) {
        if (this.#before(this.#dues[child]!, this.#slots[child]!, least)) least = child
      }
      if (this.#before(dueMs, slot, least)) break
      this.#put(place, this.#slots[least]!, this.#dues[least]!)
      place = least
    }
    this.#put(place, slot, dueMs)
  }
}

function enlarged<T extends Float64Array | Int32Array>(old: T, into: T): T {
  into.set(old)
  return into
}
