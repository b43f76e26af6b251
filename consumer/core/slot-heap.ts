const ARITY = 4
const SMALLEST = 64

/** A 4-ary heap of slots in the order that `before` gives, telling `placed` where each slot stands. */
export class SlotHeap {
  size = 0
  #slots = new Int32Array(SMALLEST)
  readonly #before: (slot: number, other: number) => boolean
  readonly #placed: (slot: number, place: number) => void

  constructor(before: (slot: number, other: number) => boolean, placed: (slot: number, place: number) => void) {
    this.#before = before
    this.#placed = placed
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  get top(): number {
    return this.#slots[0]!
  }

  push(slot: number): void {
    if (this.size === this.#slots.length) {
      const larger = new Int32Array(this.size * 2)
      larger.set(this.#slots)
      this.#slots = larger
    }
    this.#up(this.size++, slot)
  }

  /** Restores the order after the slot at `place` has become an earlier one. */
  hastened(place: number): void {
    this.#up(place, this.#slots[place]!)
  }

  /** Restores the order after the top has become a later one. */
  topPostponed(): void {
    this.#down(0, this.#slots[0]!)
  }

  removeAt(place: number): void {
    const last = --this.size
    const moved = this.#slots[last]!
    if (place === last) return
    if (place > 0 && this.#before(moved, this.#slots[((place - 1) / ARITY) | 0]!)) this.#up(place, moved)
    else this.#down(place, moved)
  }

  #put(place: number, slot: number): void {
    this.#slots[place] = slot
    this.#placed(slot, place)
  }

  #up(from: number, slot: number): void {
    let place = from
    while (place > 0) {
      const parent = ((place - 1) / ARITY) | 0
      if (!this.#before(slot, this.#slots[parent]!)) break
      this.#put(place, this.#slots[parent]!)
      place = parent
    }
    this.#put(place, slot)
  }

  #down(from: number, slot: number): void {
    const slots = this.#slots
    let place = from
    for (;;) {
      const firstChild = place * ARITY + 1
      if (firstChild >= this.size) break
      let least = firstChild
      const end = Math.min(firstChild + ARITY, this.size)
      for (let child = firstChild + 1; child < end; child++) {
        if (this.#before(slots[child]!, slots[least]!)) least = child
      }
      if (this.#before(slot, slots[least]!)) break
      this.#put(place, slots[least]!)
      place = least
    }
    this.#put(place, slot)
  }
}
