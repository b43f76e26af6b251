import { CLOSE_BRACE, OPEN_BRACE } from '../../consumer/files/bytes.ts'

/**
 * Which brackets are open, a bit for each: a body of nothing but opening ones costs an eighth of its size, and no
 * recursion.
 */
export class OpenBrackets {
  depth = 0
  #braces = new Uint8Array(16)

  open(bracket: number): void {
    const at = this.depth >> 3
    if (at === this.#braces.length) {
      const larger = new Uint8Array(2 * at)
      larger.set(this.#braces)
      this.#braces = larger
    }
    const bit = 1 << (this.depth & 7)
    if (bracket === OPEN_BRACE) this.#braces[at]! |= bit
    else this.#braces[at]! &= ~bit
    this.depth++
  }

  /** False when this one does not close the innermost. At least one is open. */
  close(bracket: number): boolean {
    this.depth--
    const isBrace = (this.#braces[this.depth >> 3]! & (1 << (this.depth & 7))) !== 0
    return isBrace === (bracket === CLOSE_BRACE)
  }
}
