import type { LogRecord } from '../../contract/log-port.ts'
import { decompress, UnreadableBatch } from './codecs.ts'
import { crc32c } from './crc32c.ts'
import { int64At } from './wire.ts'

/**
 * Kafka's record batches (message format 2), from bytes to records without a copy: the hot path begins here.
 * kafkajs's own reader makes a dozen objects and big integers of each record.
 */

const HEADER_BYTES = 61
const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
/** The checksum is that of all from here on. */
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const FIRST_TIME_AT = 27
const MAX_TIME_AT = 35
const PRODUCER_ID_AT = 43
const COUNT_AT = 57

const CODEC_MASK = 0x07
const APPEND_TIME_BIT = 0x08
const TRANSACTION_BIT = 0x10
const CONTROL_BIT = 0x20

/** Control records of type 0 end a transaction by aborting it. */
const ABORT = 0

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** Records of batches that share the meaning of their log time; at least one. */
export interface RecordRun {
  readonly records: LogRecord[]
  readonly appendTime: boolean
}

/** Bytes `keyStart` to `keyEnd` of the record's `bytes` are its key. */
export interface KeyedRecord extends LogRecord {
  readonly keyStart: number
  readonly keyEnd: number
  /** Without a value, not even an empty one: it deletes what the key stood for. */
  readonly tombstone: boolean
}

/**
 * Where the batch that begins at `at` ends, or undefined when the rest of it was cut off.
 * @throws {UnreadableBatch} for what is no batch: taken for one cut off, it would be asked for again and again
 */
function batchEnd(bytes: Buffer, at: number): number | undefined {
  if (at + MAGIC_AT >= bytes.length) return undefined
  if (bytes[at + MAGIC_AT] !== 2) throw unreadable(int64At(bytes, at), 'its message format is older than Kafka 0.11')
  const end = at + LENGTH_AT + 4 + bytes.readInt32BE(at + LENGTH_AT)
  if (end < at + HEADER_BYTES) throw unreadable(int64At(bytes, at), 'it is shorter than its own header')
  return end <= bytes.length ? end : undefined
}

const lastOffsetOf = (bytes: Buffer, at: number): number =>
  int64At(bytes, at) + bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT)

/**
 * The offset behind the last whole batch, control batches included; undefined when there is none.
 * @throws {UnreadableBatch} naming the offset
 */
export function offsetBehind(bytes: Buffer): number | undefined {
  let next: number | undefined
  for (let at = 0, end = batchEnd(bytes, at); end !== undefined; at = end, end = batchEnd(bytes, at)) {
    next = lastOffsetOf(bytes, at) + 1
  }
  return next
}

/**
 * The records from `fromOffset` on, those of aborted transactions and control records left out. A batch may begin
 * before it: batches are stored and sent whole. With `keyed` they are {@link KeyedRecord}s.
 * @throws {UnreadableBatch} naming the offset
 */
export async function readBatches(
  bytes: Buffer,
  fromOffset: number,
  aborted: readonly AbortedTransaction[],
  keyed = false,
): Promise<RecordRun[]> {
  const runs: RecordRun[] = []
  const transactions = new OpenAborts(aborted)
  for (let at = 0, end = batchEnd(bytes, at); end !== undefined; at = end, end = batchEnd(bytes, at)) {
    const baseOffset = int64At(bytes, at)
    if (crc32c(bytes, at + ATTRIBUTES_AT, end) !== bytes.readUInt32BE(at + CRC_AT)) {
      throw unreadable(baseOffset, 'its checksum is wrong, so it was damaged in the broker or on the way')
    }
    const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT)
    const producerId = int64At(bytes, at + PRODUCER_ID_AT)
    transactions.reached(lastOffsetOf(bytes, at))
    try {
      if ((attributes & CONTROL_BIT) !== 0) {
        if (controlType(bytes, at, end) === ABORT) transactions.ended(producerId)
        continue
      }
      if ((attributes & TRANSACTION_BIT) !== 0 && transactions.has(producerId)) continue
      const appendTime = (attributes & APPEND_TIME_BIT) !== 0
      let run = runs.at(-1)
      if (run === undefined || run.appendTime !== appendTime) {
        run = { records: [], appendTime }
        runs.push(run)
      }
      const codec = attributes & CODEC_MASK
      if (codec === 0) readRecords(bytes, at + HEADER_BYTES, end, bytes, at, fromOffset, appendTime, keyed, run.records)
      else {
        const body = await decompress(codec, bytes.subarray(at + HEADER_BYTES, end))
        readRecords(body, 0, body.length, bytes, at, fromOffset, appendTime, keyed, run.records)
      }
    } catch (error) {
      throw unreadable(baseOffset, error instanceof Error ? error.message : String(error))
    }
  }
  return runs.filter(({ records }) => records.length > 0)
}

const unreadable = (offset: number, why: string): UnreadableBatch =>
  new UnreadableBatch(`the batch at offset ${offset} cannot be read: ${why}`)

/** Which producers' records are to be left out at the batch being read. */
class OpenAborts {
  readonly #coming: AbortedTransaction[]
  readonly #open = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  reached(lastOffset: number): void {
    while (this.#coming.length > 0 && this.#coming[0]!.firstOffset <= lastOffset) {
      this.#open.add(this.#coming.shift()!.producerId)
    }
  }

  ended(producerId: number): void {
    this.#open.delete(producerId)
  }

  has(producerId: number): boolean {
    return this.#open.has(producerId)
  }
}

/** The type of the one record of a control batch: its key is a version and a type, of two bytes each. */
function controlType(bytes: Buffer, batchAt: number, batchEnd: number): number {
  cursor = batchAt + HEADER_BYTES
  varint(bytes)
  cursor++
  varint(bytes)
  varint(bytes)
  varint(bytes)
  if (cursor + 4 > batchEnd) throw new RangeError('a control record has no type')
  return bytes.readInt16BE(cursor + 2)
}

/** Where the next byte is read: one for all, so that reading a number returns just the number. */
let cursor = 0

/** The records lie in `body` from `start` to `end`; their batch's header lies in `batch` at `at`. */
function readRecords(
  body: Uint8Array,
  start: number,
  end: number,
  batch: Buffer,
  at: number,
  fromOffset: number,
  appendTime: boolean,
  keyed: boolean,
  into: LogRecord[],
): void {
  const baseOffset = int64At(batch, at)
  const firstTimeMs = int64At(batch, at + FIRST_TIME_AT)
  const maxTimeMs = int64At(batch, at + MAX_TIME_AT)
  cursor = start
  for (let left = batch.readInt32BE(at + COUNT_AT); left > 0; left--) {
    const length = varint(body)
    const recordEnd = cursor + length
    if (length < 0 || recordEnd > end) throw new RangeError('a record reaches beyond its batch')
    cursor++
    const timeDelta = varint(body)
    const offset = baseOffset + varint(body)
    const keyLength = varint(body)
    const keyStart = cursor
    if (keyLength > 0) cursor += keyLength
    const keyEnd = cursor
    const valueLength = varint(body)
    const valueEnd = cursor + (valueLength > 0 ? valueLength : 0)
    if (valueEnd > recordEnd) throw new RangeError('a value reaches beyond its record')
    if (offset >= fromOffset) {
      const logTimeMs = appendTime ? maxTimeMs : firstTimeMs + timeDelta
      const record = { offset, logTimeMs, bytes: body, start: cursor, end: valueEnd }
      into.push(keyed ? ({ ...record, keyStart, keyEnd, tombstone: valueLength < 0 } as KeyedRecord) : record)
    }
    cursor = recordEnd
  }
}

/** A signed number, seven bits a byte, as large as a double holds exactly. */
function varint(bytes: Uint8Array): number {
  let byte = bytes[cursor++]!
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
  let low = byte & 0x7f
  let shift = 7
  do {
    byte = bytes[cursor++]!
    if (shift === 28) return varlong(bytes, low, byte)
    low |= (byte & 0x7f) << shift
    shift += 7
  } while (byte >= 0x80)
  return (low >>> 1) ^ -(low & 1)
}

/** The rare rest of a number that needs more than 28 bits. */
function varlong(bytes: Uint8Array, low: number, fifth: number): number {
  let value = low
  let byte = fifth
  for (let scale = 2 ** 28; ; scale *= 128) {
    value += (byte & 0x7f) * scale
    if (byte < 0x80) break
    if (byte === undefined || scale > 2 ** 56) throw new RangeError('a number has more than ten bytes')
    byte = bytes[cursor++]!
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
