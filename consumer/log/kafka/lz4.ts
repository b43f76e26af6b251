import { xxh32 } from './xxh32.ts'

const MAGIC = 0x184d2204
const VERSION = 1
const SHORTEST_HEADER = 7
/** The top bit of a block's size: its bytes are stored as they were. */
const STORED = 0x80000000
/** A match's length counts from here. */
const SHORTEST_MATCH = 4
/** Below this, copying byte by byte is faster than the call. */
const WORTH_A_CALL = 24

/** What the frame's header says. */
interface Header {
  readonly linkedBlocks: boolean
  readonly blockChecksums: boolean
  readonly contentChecksum: boolean
  readonly contentBytes: number | undefined
  readonly mostBlockBytes: number
  readonly end: number
}

interface Block {
  readonly start: number
  readonly end: number
  readonly stored: boolean
  /** Decompressed. */
  readonly length: number
}

/**
 * Decompresses one LZ4 frame and checks every checksum it has. What follows the frame is ignored, as Java's consumer
 * does. Written here because none of the libraries notices that blocks are missing, nor takes a bound.
 * @throws {Error} on damaged data, and before anything is allocated when it becomes more than `mostBytes`.
 */
export function uncompressLz4(input: Uint8Array, mostBytes: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const header = headerOf(input, view)
  const blocks: Block[] = []
  let length = 0
  let at = header.end
  for (let size = wordAt(view, at); size !== 0; size = wordAt(view, at)) {
    const block = blockAt(input, at + 4, size)
    at = block.end
    if (header.blockChecksums) {
      if (wordAt(view, at) !== xxh32(input, block.start, block.end)) throw new Error('a block fails its checksum')
      at += 4
    }
    if (block.length > header.mostBlockBytes) throw new Error('a block is longer than its frame allows')
    length += block.length
    if (length > mostBytes) throw new Error(`it becomes more than ${mostBytes} bytes`)
    blocks.push(block)
  }
  if (length !== (header.contentBytes ?? length)) throw new Error('the frame is not as long as it says')
  const output = new Uint8Array(length)
  let written = 0
  for (const block of blocks) {
    fill(output, written, header.linkedBlocks ? 0 : written, input, block)
    written += block.length
  }
  if (header.contentChecksum && wordAt(view, at + 4) !== xxh32(output, 0, length))
    throw new Error('the frame fails its checksum')
  return output
}

function headerOf(input: Uint8Array, view: DataView): Header {
  if (wordAt(view, 0) !== MAGIC) throw new Error('it does not begin as an LZ4 frame')
  const flags = input[4]!
  if (flags >>> 6 !== VERSION) throw new Error(`the frame is of version ${flags >>> 6}, not ${VERSION}`)
  if (flags & 1) throw new Error('the frame needs a dictionary')
  const hasContentBytes = (flags & 8) !== 0
  const end = hasContentBytes ? SHORTEST_HEADER + 8 : SHORTEST_HEADER
  if (input.length < end) throw cutShort()
  if (input[end - 1] !== ((xxh32(input, 4, end - 1) >>> 8) & 0xff)) throw new Error('the header fails its checksum')
  return {
    linkedBlocks: (flags & 32) === 0,
    blockChecksums: (flags & 16) !== 0,
    contentChecksum: (flags & 4) !== 0,
    contentBytes: hasContentBytes ? Number(view.getBigUint64(6, true)) : undefined,
    mostBlockBytes: 2 ** (8 + 2 * ((input[5]! >>> 4) & 7)),
    end,
  }
}

/** Walks a block without writing: its length is known, and it stays within its own bytes, before the output exists. */
function blockAt(input: Uint8Array, start: number, size: number): Block {
  const stored = size >= STORED
  const end = start + (stored ? size - STORED : size)
  if (end > input.length) throw cutShort()
  if (stored) return { start, end, stored, length: end - start }
  let length = 0
  let at = start
  for (;;) {
    if (at >= end) throw cutShort()
    const token = input[at++]!
    let literals = token >>> 4
    if (literals === 15) {
      const more = longer(input, at, end)
      at += bytesOf(more)
      literals += more
    }
    at += literals
    length += literals
    if (at === end) return { start, end, stored, length }
    at += 2
    length += (token & 15) + SHORTEST_MATCH
    if ((token & 15) === 15) {
      const more = longer(input, at, end)
      at += bytesOf(more)
      length += more
    }
  }
}

/** The hot path. Only how far a match reaches back is left to check; it may reach back to `earliest`. */
function fill(output: Uint8Array, outputStart: number, earliest: number, input: Uint8Array, block: Block): void {
  const { start, end, stored } = block
  if (stored) {
    output.set(input.subarray(start, end), outputStart)
    return
  }
  let from = start
  let to = outputStart
  for (;;) {
    const token = input[from++]!
    let literals = token >>> 4
    if (literals === 15) {
      const more = longer(input, from, end)
      from += bytesOf(more)
      literals += more
    }
    if (literals < WORTH_A_CALL) for (const last = to + literals; to < last; ) output[to++] = input[from++]!
    else {
      output.set(input.subarray(from, from + literals), to)
      from += literals
      to += literals
    }
    if (from === end) return
    const offset = input[from]! | (input[from + 1]! << 8)
    from += 2
    let match = (token & 15) + SHORTEST_MATCH
    if ((token & 15) === 15) {
      const more = longer(input, from, end)
      from += bytesOf(more)
      match += more
    }
    if (offset === 0 || offset > to - earliest) throw new Error('a match reaches before the beginning')
    if (match < WORTH_A_CALL || offset < match) {
      for (const last = to + match; to < last; to++) output[to] = output[to - offset]!
    } else {
      output.copyWithin(to, to - offset, to - offset + match)
      to += match
    }
  }
}

/** A length goes on in bytes of 255 and ends with a smaller one. */
function longer(input: Uint8Array, at: number, end: number): number {
  let more = 0
  for (; at < end; at++) {
    const byte = input[at]!
    more += byte
    if (byte !== 255) return more
  }
  throw cutShort()
}

const bytesOf = (more: number): number => Math.floor(more / 255) + 1

function wordAt(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) throw cutShort()
  return view.getUint32(at, true)
}

const cutShort = (): Error => new Error('the data is cut short')
