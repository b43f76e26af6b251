import type { LogRecord } from '../../contract/log-port.ts'

/** A record as it is stored: both parts as bytes, an empty value being a record without one. */
export interface KeyedBytes {
  key: Uint8Array
  value: Uint8Array
}

const LENGTH_BYTES = 4

export const storedSize = ({ key, value }: KeyedBytes): number => 2 * LENGTH_BYTES + key.length + value.length

/** The records one after another, key and value each preceded by its length (32 bits, little endian). */
export function encodeBlock(records: readonly KeyedBytes[]): Uint8Array {
  const block = Buffer.allocUnsafe(records.reduce((size, record) => size + storedSize(record), 0))
  let at = 0
  for (const { key, value } of records) {
    at = block.writeUInt32LE(key.length, at)
    block.set(key, at)
    at = block.writeUInt32LE(value.length, at + key.length)
    block.set(value, at)
    at += value.length
  }
  return block
}

/** A block as it was read back: its `count` records have the offsets from `baseOffset` on and one log time. */
export interface StoredBlock {
  baseOffset: number
  count: number
  logTimeMs: number
  block: Uint8Array
}

/**
 * Adds the block's records from `fromOffset` on to `into`, as views of the block's own bytes.
 * @throws when the lengths do not add up: offsets would shift, and every counter after them be wrong.
 */
export function addRecords(stored: StoredBlock, fromOffset: number, into: LogRecord[]): void {
  const { baseOffset, count, logTimeMs, block } = stored
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const pastLength = (at: number): number => {
    const past = at + LENGTH_BYTES
    if (past > block.length) throw damaged(stored)
    return past
  }
  let end = 0
  for (let offset = baseOffset; offset < baseOffset + count; offset += 1) {
    const keyStart = pastLength(end)
    const keyEnd = keyStart + view.getUint32(keyStart - LENGTH_BYTES, true)
    const start = pastLength(keyEnd)
    end = start + view.getUint32(start - LENGTH_BYTES, true)
    if (offset >= fromOffset) into.push({ offset, logTimeMs, bytes: block, start, end })
  }
  if (end !== block.length) throw damaged(stored)
}

const damaged = ({ baseOffset, count }: StoredBlock): Error =>
  new Error(
    `the records ${baseOffset} to ${baseOffset + count - 1} are damaged: move the file away to start an empty log`,
  )
