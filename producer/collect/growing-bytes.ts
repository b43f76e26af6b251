import type { Reservation } from './pending-bytes.ts'

const LEAST_CAPACITY = 4096
const NOTHING = Buffer.alloc(0)

/**
 * Bytes that arrive piece by piece, in one buffer that doubles: kept as a list, pieces of one byte would cost a hundred
 * times what they hold. What the buffer takes is reserved before it is allocated.
 */
export class GrowingBytes {
  readonly #reservation: Reservation
  readonly #mostBytes: number
  #buffer: Buffer = NOTHING
  #length = 0

  /** @param mostBytes no more will come: the buffer is never larger */
  constructor(reservation: Reservation, mostBytes: number) {
    this.#reservation = reservation
    this.#mostBytes = mostBytes
  }

  get length(): number {
    return this.#length
  }

  /** A view. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  /** @throws {RefusedRequest} as {@link Reservation.grow} */
  add(piece: Uint8Array): void {
    const length = this.#length + piece.length
    if (length > this.#buffer.length) this.#enlarge(length)
    this.#buffer.set(piece, this.#length)
    this.#length = length
  }

  #enlarge(needed: number): void {
    const doubled = Math.max(2 * this.#buffer.length, LEAST_CAPACITY)
    const capacity = Math.max(needed, Math.min(doubled, this.#mostBytes))
    this.#reservation.grow(capacity - this.#buffer.length)
    const larger = Buffer.allocUnsafeSlow(capacity)
    larger.set(this.bytes)
    this.#buffer = larger
  }
}
