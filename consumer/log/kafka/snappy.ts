/** 82 'SNAPPY' 00: how the framing of snappy-java begins, which the Java producer and the brokers write. */
const FRAMING = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00)
/** The magic and two versions, which have been 1 since the first release. */
const FRAMING_BYTES = FRAMING.length + 8
/** Below this, copying byte by byte is faster than the call. */
const WORTH_A_CALL = 24

/** Where a raw block's elements are in the input, and how many bytes they become. */
interface Block {
  readonly start: number
  readonly end: number
  readonly length: number
}

/**
 * Decompresses raw snappy (librdkafka and most others) and snappy-java's framing of raw blocks (Java). Written here:
 * snappyjs takes data that is cut short for whole and can loop for ever; a native library brings a binary for every
 * platform, to save what is less than gzip costs.
 * @throws {Error} on damaged data, and before anything is allocated when it says that it becomes more than `mostBytes`.
 */
export function uncompressSnappy(input: Uint8Array, mostBytes: number): Uint8Array {
  const blocks = isFramed(input) ? framedBlocks(input) : [blockAt(input, 0, input.length)]
  const length = blocks.reduce((sum, block) => sum + block.length, 0)
  if (length > mostBytes) throw new Error(`it becomes more than ${mostBytes} bytes`)
  const output = new Uint8Array(length)
  let at = 0
  for (const block of blocks) {
    fill(output, at, at + block.length, input, block)
    at += block.length
  }
  return output
}

/** No raw block begins like this: after the length, 'N' would copy from before its beginning. */
const isFramed = (input: Uint8Array): boolean => FRAMING.every((byte, at) => input[at] === byte)

function framedBlocks(input: Uint8Array): Block[] {
  if (input.length < FRAMING_BYTES) throw cutShort()
  const blocks: Block[] = []
  let at = FRAMING_BYTES
  while (at < input.length) {
    const start = at + 4
    at = start + input[at]! * 0x1000000 + ((input[at + 1]! << 16) | (input[at + 2]! << 8) | input[at + 3]!)
    if (at > input.length) throw cutShort()
    blocks.push(blockAt(input, start, at))
  }
  return blocks
}

/** A block begins with its decompressed length, seven bits to a byte, the lowest first. */
function blockAt(input: Uint8Array, start: number, end: number): Block {
  let length = 0
  for (let at = start, factor = 1; at < start + 5; at++, factor *= 128) {
    if (at >= end) throw cutShort()
    const byte = input[at]!
    length += (byte & 0x7f) * factor
    if (byte < 128) return { start: at + 1, end, length }
  }
  throw new Error('the length of a block is damaged')
}

/** The hot path: one loop over literals and copies, every access checked against the block's own bounds first. */
function fill(output: Uint8Array, outputStart: number, outputEnd: number, input: Uint8Array, block: Block): void {
  const inputEnd = block.end
  let from = block.start
  let to = outputStart
  while (from < inputEnd) {
    const tag = input[from++]!
    const kind = tag & 3
    let length: number
    if (kind === 0) {
      length = tag >>> 2
      if (length >= 60) {
        const bytes = length - 59
        if (from + bytes > inputEnd) throw cutShort()
        length = littleEndian(input, from, bytes)
        from += bytes
      }
      length++
      if (from + length > inputEnd) throw cutShort()
      if (to + length > outputEnd) throw tooLong()
      if (length < WORTH_A_CALL) for (const end = to + length; to < end; ) output[to++] = input[from++]!
      else {
        output.set(input.subarray(from, from + length), to)
        from += length
        to += length
      }
      continue
    }
    let offset: number
    if (kind === 1) {
      if (from >= inputEnd) throw cutShort()
      length = ((tag >>> 2) & 7) + 4
      offset = ((tag >>> 5) << 8) | input[from++]!
    } else {
      const bytes = kind === 2 ? 2 : 4
      if (from + bytes > inputEnd) throw cutShort()
      length = (tag >>> 2) + 1
      offset = littleEndian(input, from, bytes)
      from += bytes
    }
    if (offset === 0 || offset > to - outputStart) throw new Error('a copy reaches before the beginning of its block')
    if (to + length > outputEnd) throw tooLong()
    if (length < WORTH_A_CALL || offset < length) {
      for (const end = to + length; to < end; to++) output[to] = output[to - offset]!
    } else {
      output.copyWithin(to, to - offset, to - offset + length)
      to += length
    }
  }
  if (to !== outputEnd) throw cutShort()
}

function littleEndian(input: Uint8Array, at: number, bytes: number): number {
  let value = 0
  for (let byte = bytes - 1; byte >= 0; byte--) value = value * 256 + input[at + byte]!
  return value
}

const cutShort = (): Error => new Error('the data is cut short')

const tooLong = (): Error => new Error('a block is longer than it says')
