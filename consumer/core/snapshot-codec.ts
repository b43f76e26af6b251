import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { type Cells, CounterCells, HistogramCells } from './cells.ts'
import { Counters } from './count.ts'
import { CORE_VERSION, type CoreOptions, optionsFromText, optionsToText } from './options.ts'
import { SeenIds } from './seen-ids.ts'
import { dueMs } from './sessionize.ts'
import { ROW_DOUBLES, ROW_INTS, SessionTable, type SessionTableShape } from './sessions.ts'
import type { PartitionState } from './state.ts'
import type { StreamClock } from './stream-clock.ts'

/**
 * A partition's state as chunks of at most about a megabyte: a header of JSON, then the remembered ids and the open
 * sessions, turned from rows into columns (which compress four times better) and packed with zstd. Every chunk has a
 * checksum; the header says how many there must be. Layout in memory is kept, so that a restored state goes on byte
 * for byte like one that never stopped. Little-endian, as every machine Node runs on.
 */
const FORMAT_VERSION = 1
const PREFIX_BYTES = 12
const MAGIC = 0x31535843
const CHUNK_INTS = 240_000
/** The header may be longer than the others: options and labels are text. */
const LARGEST_CHUNK_BYTES = 64 * 1024 * 1024
const ID_INTS = 3

interface SnapshotHeader {
  readonly format: number
  readonly core: number
  readonly options: string
  /** Next offset to process. */
  readonly offset: number
  readonly clock: { [name in Exclude<keyof StreamClock, 'ahead'>]: number | null } & Pick<StreamClock, 'ahead'>
  readonly idInts: number
  readonly sessions: SessionTableShape
  readonly pages: readonly string[]
  readonly currencies: readonly string[]
  readonly cells: Readonly<Record<string, readonly (readonly number[])[]>>
  readonly openOver24h: number
}

/** A copy of a state, taken at once, to be encoded while the state goes on. */
export interface StateCapture {
  readonly header: SnapshotHeader
  readonly ids: Int32Array
  readonly rows: Int32Array
}

/** A snapshot that cannot be used, and why: `corrupt`, or written by another `version` of the core. */
export class SnapshotUnusable extends Error {
  readonly fault: 'corrupt' | 'version'
  constructor(fault: 'corrupt' | 'version', message: string) {
    super(`snapshot unusable: ${message}`)
    this.name = 'SnapshotUnusable'
    this.fault = fault
  }
}

/** Copies what a snapshot needs: about 10 ms per million sessions. */
export function captureState(state: PartitionState, options: CoreOptions, offset: number): StateCapture {
  const { clock, seen, sessions, counters } = state
  return {
    header: {
      format: FORMAT_VERSION,
      core: CORE_VERSION,
      options: optionsToText(options),
      offset,
      clock: {
        streamTimeMs: finite(clock.streamTimeMs),
        watermarkMs: finite(clock.watermarkMs),
        movedAtLogTimeMs: finite(clock.movedAtLogTimeMs),
        ahead: clock.ahead.map((entry) => ({ ...entry })),
      },
      idInts: seen.words.length,
      sessions: sessions.shape,
      pages: [...counters.pages.values],
      currencies: [...counters.currencies.values],
      cells: Object.fromEntries(counters.cells.map((cells) => [cells.name, columnsOf(cells).map((c) => [...c])])),
      openOver24h: counters.openOver24h,
    },
    ids: seen.words.slice(),
    rows: sessions.ints.slice(0, sessions.shape.used * ROW_INTS),
  }
}

/** The chunks one by one, a few milliseconds of work each, so that the caller can let others run in between. */
export function* encodeState({ header, ids, rows }: StateCapture): Generator<Uint8Array> {
  const packer = new Packer()
  yield packer.pack(new TextEncoder().encode(JSON.stringify(header)))
  for (const part of parts(ids, ID_INTS)) yield packer.pack(bytesOf(transposed(part, ID_INTS)))
  for (const part of parts(rows, ROW_INTS)) yield packer.pack(bytesOf(transposed(part, ROW_INTS)))
}

export interface RestoredState {
  readonly state: PartitionState
  readonly options: CoreOptions
  readonly offset: number
}

/**
 * The state back from its chunks; yields between chunks, so that the caller can let others run.
 * @throws {SnapshotUnusable}
 */
export function* decodeState(chunks: readonly Uint8Array[]): Generator<void, RestoredState> {
  if (chunks.length === 0) throw new SnapshotUnusable('corrupt', 'no chunks')
  const packer = new Packer()
  const header = readHeader(packer.unpack(chunks[0]!))
  const ids = new Int32Array(header.idInts)
  const rows = new Float64Array(header.sessions.used * ROW_DOUBLES)
  let next = 1
  for (const [into, width] of [
    [ids, ID_INTS],
    [new Int32Array(rows.buffer), ROW_INTS],
  ] as const) {
    for (const part of parts(into, width)) {
      yield
      const chunk = chunks[next++]
      if (chunk === undefined) throw new SnapshotUnusable('corrupt', `chunk ${next} is missing`)
      const columns = intsOf(packer.unpack(chunk))
      if (columns.length !== part.length) throw new SnapshotUnusable('corrupt', `chunk ${next} has the wrong length`)
      part.set(transposed(columns, columns.length / width))
    }
  }
  if (next !== chunks.length) throw new SnapshotUnusable('corrupt', `${chunks.length - next} chunks too many`)

  const options = optionsFromText(header.options)
  const counters = new Counters(options, header.pages, header.currencies)
  for (const cells of counters.cells) {
    for (const [index, column] of columnsOf(cells).entries()) column.set(header.cells[cells.name]?.[index] ?? [])
  }
  counters.openOver24h = header.openOver24h
  const sessions = new SessionTable()
  sessions.restore(rows, header.sessions, (slot) => dueMs(sessions, slot, options.sessionGapMs))
  const { streamTimeMs, watermarkMs, movedAtLogTimeMs, ahead } = header.clock
  const clock: StreamClock = {
    streamTimeMs: streamTimeMs ?? Number.NEGATIVE_INFINITY,
    watermarkMs: watermarkMs ?? Number.NEGATIVE_INFINITY,
    movedAtLogTimeMs: movedAtLogTimeMs ?? Number.NEGATIVE_INFINITY,
    ahead,
  }
  return { state: { clock, seen: new SeenIds(ids), sessions, counters }, options, offset: header.offset }
}

/** The numbers of a cell as they are saved. */
export function columnsOf(cells: Cells): readonly Float64Array[] {
  if (cells instanceof CounterCells) return [cells.values]
  return cells instanceof HistogramCells ? [cells.counts, cells.sum] : [cells.units, cells.micros]
}

function readHeader(bytes: Uint8Array): SnapshotHeader {
  let header: SnapshotHeader
  try {
    header = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new SnapshotUnusable('corrupt', 'the first chunk is no header')
  }
  if (header.format !== FORMAT_VERSION || header.core !== CORE_VERSION) {
    throw new SnapshotUnusable('version', `written by core ${header.core}, format ${header.format}`)
  }
  return header
}

/** JSON has no -Infinity. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

function* parts(ints: Int32Array, width: number): Generator<Int32Array> {
  const step = CHUNK_INTS - (CHUNK_INTS % width)
  for (let from = 0; from < ints.length; from += step) yield ints.subarray(from, Math.min(from + step, ints.length))
}

/** Rows of `width` to columns; with the number of rows as width, columns back to rows. */
function transposed(ints: Int32Array, width: number): Int32Array {
  const height = ints.length / width
  const turned = new Int32Array(ints.length)
  for (let column = 0; column < width; column++) {
    for (let row = 0, to = column * height; row < height; row++) turned[to++] = ints[row * width + column]!
  }
  return turned
}

const bytesOf = (ints: Int32Array): Uint8Array => new Uint8Array(ints.buffer, ints.byteOffset, ints.byteLength)

function intsOf(bytes: Uint8Array): Int32Array {
  if (bytes.byteLength % 4 !== 0) throw new SnapshotUnusable('corrupt', 'a chunk is no whole number of words')
  return new Int32Array(Uint8Array.from(bytes).buffer)
}

/**
 * Chunks are magic, raw length and a CRC-32, then the zstd frame. The checksum goes on from the chunk before, so that
 * chunks out of order are told from the right ones.
 */
class Packer {
  #checksum = 0

  pack(raw: Uint8Array): Uint8Array {
    this.#checksum = crc32(raw, this.#checksum)
    const packed = zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
    const chunk = new Uint8Array(PREFIX_BYTES + packed.length)
    const prefix = new DataView(chunk.buffer)
    prefix.setUint32(0, MAGIC, true)
    prefix.setUint32(4, raw.length, true)
    prefix.setUint32(8, this.#checksum, true)
    chunk.set(packed, PREFIX_BYTES)
    return chunk
  }

  /** @throws {SnapshotUnusable} */
  unpack(chunk: Uint8Array): Uint8Array {
    if (chunk.length < PREFIX_BYTES) throw new SnapshotUnusable('corrupt', 'a chunk is cut short')
    const prefix = new DataView(chunk.buffer, chunk.byteOffset, PREFIX_BYTES)
    const rawLength = prefix.getUint32(4, true)
    if (prefix.getUint32(0, true) !== MAGIC || rawLength > LARGEST_CHUNK_BYTES) {
      throw new SnapshotUnusable('corrupt', 'a chunk does not begin as one')
    }
    let raw: Uint8Array
    try {
      raw = zstdDecompressSync(chunk.subarray(PREFIX_BYTES), { maxOutputLength: Math.max(rawLength, 1) })
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error)
      throw new SnapshotUnusable('corrupt', `a chunk does not decompress (${cause})`)
    }
    this.#checksum = crc32(raw, this.#checksum)
    if (raw.length !== rawLength || this.#checksum !== prefix.getUint32(8, true)) {
      throw new SnapshotUnusable('corrupt', 'a chunk does not match its checksum')
    }
    return raw
  }
}
