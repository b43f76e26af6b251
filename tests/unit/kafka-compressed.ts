import fc from 'fast-check'
import { xxh32 } from '../../consumer/log/kafka/xxh32.ts'

/**
 * Compressed bytes beside what they stand for, put together from steps. Encoders choose few of the forms that the
 * formats allow; steps reach them all.
 */
export interface Compressed {
  readonly bytes: number[]
  readonly plain: number[]
}

/** So many literal bytes, then a copy of `copy` bytes from `back` bytes before (as far as there are any). */
export interface Step {
  readonly literals: number
  readonly seed: number
  readonly back: number
  readonly copy: number
}

/** Around 15, 60, 256 and 65,536 the formats write a length in another way. */
const aLength = fc.oneof(
  { weight: 20, arbitrary: fc.nat(80) },
  { weight: 4, arbitrary: fc.nat(700) },
  { weight: 1, arbitrary: fc.integer({ min: 65_500, max: 66_000 }) },
)

const aStep: fc.Arbitrary<Step> = fc.record({
  literals: aLength,
  seed: fc.nat(255),
  back: fc.oneof(fc.nat(20), fc.nat(70), fc.nat(70_000)),
  copy: aLength,
})

/** A copy that reaches one or two bytes into what it writes itself. */
const aTouchingStep = fc
  .tuple(aStep, fc.integer({ min: 1, max: 4 }))
  .map(([step, more]): Step => ({ ...step, back: step.copy + more }))

export const someSteps = fc.array(fc.oneof(aStep, aTouchingStep), { maxLength: 12 })

/** Bytes without a pattern. */
export function scrambled(length: number, seed: number): number[] {
  let state = seed * 2 + 1
  return Array.from({ length }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223
    return state >>> 24
  })
}

function append(to: number[], bytes: readonly number[]): void {
  for (const byte of bytes) to.push(byte)
}

/** One byte after the other, as both formats define a copy: it may go on into what it has just written. */
function repeat(plain: number[], offset: number, length: number): void {
  for (let left = length; left > 0; left--) plain.push(plain[plain.length - offset]!)
}

const littleEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, byte) => Math.floor(value / 256 ** byte) % 256)

export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

/** A raw snappy block. */
export function snappyBlock(steps: readonly Step[]): Compressed {
  const bytes: number[] = []
  const plain: number[] = []
  for (const { literals, seed, back, copy } of steps) {
    if (literals > 0) {
      const extra = literals <= 60 ? 0 : literals <= 256 ? 1 : literals <= 65_536 ? 2 : 3 + (seed % 2)
      bytes.push((extra === 0 ? literals - 1 : 59 + extra) << 2, ...littleEndian(literals - 1, extra))
      append(bytes, scrambled(literals, seed))
      append(plain, scrambled(literals, seed))
    }
    const offset = Math.min(back, plain.length)
    if (offset === 0) continue
    for (let left = copy; left > 0; ) {
      const length = Math.min(left, 64)
      if (length >= 4 && length < 12 && offset < 2_048)
        bytes.push(((offset >> 8) << 5) | ((length - 4) << 2) | 1, offset & 255)
      else if (offset < 65_536) bytes.push(((length - 1) << 2) | 2, ...littleEndian(offset, 2))
      else bytes.push(((length - 1) << 2) | 3, ...littleEndian(offset, 4))
      repeat(plain, offset, length)
      left -= length
    }
  }
  return { bytes: [...varint(plain.length), ...bytes], plain }
}

/** snappy-java's framing of raw blocks. */
export function framedSnappy(blocks: readonly (readonly number[])[]): Uint8Array {
  const bytes = [0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1]
  for (const block of blocks) {
    append(bytes, littleEndian(block.length, 4).reverse())
    append(bytes, block)
  }
  return Uint8Array.from(bytes)
}

/** The bytes of an LZ4 block; what it stands for goes to the end of `plain`, and its matches may reach back to `earliest`. */
export function lz4Block(steps: readonly Step[], plain: number[], earliest: number): number[] {
  const bytes: number[] = []
  const sequence = (literals: readonly number[], copy: number): void => {
    bytes.push((Math.min(literals.length, 15) << 4) | Math.min(copy, 15))
    append(bytes, longer(literals.length))
    append(bytes, literals)
    append(plain, literals)
  }
  for (const { literals, seed, back, copy } of steps) {
    const offset = Math.min(back, 65_535, plain.length + literals - earliest)
    if (offset === 0) continue
    sequence(scrambled(literals, seed), copy)
    append(bytes, [...littleEndian(offset, 2), ...longer(copy)])
    repeat(plain, offset, copy + 4)
  }
  sequence(scrambled(steps.length, 1), 0)
  return bytes
}

/** The rest of a length of which 15 stand in the token. */
function longer(length: number): number[] {
  if (length < 15) return []
  return [...Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255]
}

export interface FrameOptions {
  readonly linked: boolean
  readonly blockChecksums: boolean
  readonly contentChecksum: boolean
  readonly contentBytes: boolean
}

export const someFrameOptions: fc.Arbitrary<FrameOptions> = fc.record({
  linked: fc.boolean(),
  blockChecksums: fc.boolean(),
  contentChecksum: fc.boolean(),
  contentBytes: fc.boolean(),
})

/** A block of a frame: compressed as the steps say, or stored. */
export interface FrameBlock {
  readonly steps: readonly Step[]
  readonly stored: boolean
}

/** An LZ4 frame of blocks of up to 4 MiB. */
export function lz4Frame(blocks: readonly FrameBlock[], options: FrameOptions): Compressed {
  const plain: number[] = []
  const body: number[] = []
  for (const { steps, stored } of blocks) {
    const start = plain.length
    const compressed = lz4Block(steps, plain, options.linked ? 0 : start)
    const block = stored ? plain.slice(start) : compressed
    append(body, littleEndian(block.length + (stored ? 2 ** 31 : 0), 4))
    append(body, block)
    if (options.blockChecksums) append(body, checksum(block))
  }
  const descriptor = [
    0x40 |
      (options.linked ? 0 : 32) |
      (options.blockChecksums ? 16 : 0) |
      (options.contentBytes ? 8 : 0) |
      (options.contentChecksum ? 4 : 0),
    0x70,
    ...(options.contentBytes ? littleEndian(plain.length, 8) : []),
  ]
  append(body, [0, 0, 0, 0, ...(options.contentChecksum ? checksum(plain) : [])])
  return { bytes: frameOf(descriptor, body), plain }
}

/** A frame of any descriptor, with the magic before it and its checksum behind it, and any body. */
export function frameOf(descriptor: readonly number[], body: readonly number[]): number[] {
  const bytes = [0x04, 0x22, 0x4d, 0x18, ...descriptor, checksum(descriptor)[1]!]
  append(bytes, body)
  return bytes
}

const checksum = (bytes: readonly number[]): number[] => littleEndian(xxh32(Uint8Array.from(bytes), 0, bytes.length), 4)

/** So many bytes to overwrite, by place (counted around) and value. */
export const someDamages = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })

/** What a decoder returns, or undefined when it refuses with a plain Error; any other is a mistake of the decoder. */
export function bytesOrRefusal(uncompress: () => Uint8Array): Uint8Array | undefined {
  try {
    return uncompress()
  } catch (error) {
    if ((error as Error).constructor !== Error) throw error
    return undefined
  }
}
