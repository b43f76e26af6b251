import { wordView } from './word-view.ts'

/**
 * 64-bit hash of bytes as two signed 32-bit halves, in four-byte steps over two independently multiplied lanes.
 * Ids are kept as hashes only: among a million of them two collide with a chance of 3 in 100 million.
 * Part of every snapshot: another function here is another core version.
 */
export class Hash64 {
  lo = 0
  hi = 0

  /** Hashes bytes[start, end). Seeding with another hash's halves makes a key of several parts. */
  of(bytes: Uint8Array, start: number, end: number, seedLo = 0, seedHi = 0): void {
    const length = end - start
    let a = seedLo ^ (length + 0x2545f491)
    let b = seedHi ^ Math.imul(length + 1, 0x51ab93c7)
    const view = wordView(bytes)
    let i = start
    for (const last = end - 3; i < last; i += 4) {
      const word = view.getInt32(i, true)
      a = Math.imul(a ^ word, 0x6c8e944d)
      a ^= a >>> 15
      b = Math.imul((b << 13) | (b >>> 19), 0x35a98f4d) ^ Math.imul(word, 0x1b56c4e9)
      b ^= b >>> 14
    }
    let tail = 0
    for (; i < end; i++) tail = (tail << 8) | bytes[i]!
    a = Math.imul(a ^ tail, 0x6c8e944d)
    b = Math.imul((b << 13) | (b >>> 19), 0x35a98f4d) ^ Math.imul(tail, 0x1b56c4e9)
    a ^= (b >>> 16) | (b << 16)
    a = Math.imul(a ^ (a >>> 16), 0x7feb352d)
    a = Math.imul(a ^ (a >>> 15), 0x846ca68b)
    b = Math.imul(b ^ a ^ (b >>> 16), 0x2c1b3c6d)
    b = Math.imul(b ^ (b >>> 12), 0x297a2d39)
    this.lo = a ^ (a >>> 16)
    this.hi = b ^ (b >>> 15)
  }
}
