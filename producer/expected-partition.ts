import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises'
import type { RecordBatch } from '../consumer/contract/log-port.ts'
import { type OracleOptions, PartitionOracle } from './oracle/partition-oracle.ts'

/** Judged at once; other work of the process gets its turn in between. */
const SLICE = 500

/** What one partition of a log must lead to, judged from its first record on. */
export class ExpectedPartition {
  readonly #optionsFor: (appendTime: boolean) => OracleOptions
  readonly #steadyNow: () => number
  #oracle: PartitionOracle | undefined
  #identity: string | undefined
  #next = 0
  #end = 0
  #isWhole = true

  constructor(optionsFor: (appendTime: boolean) => OracleOptions, steadyNow: () => number) {
    this.#optionsFor = optionsFor
    this.#steadyNow = steadyNow
  }

  /** The next offset to judge. */
  get next(): number {
    return this.#next
  }

  /** One past the last offset of the log, as it was last seen. */
  get end(): number {
    return this.#end
  }

  /** False when records were deleted before they were judged: nobody can tell any more what all of them led to. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** As {@link PartitionOracle.series}. */
  series(): ReadonlyMap<string, number> {
    return this.#oracle?.series() ?? new Map()
  }

  /** Judges what was read from {@link next} on. A long past is caught up with at half the speed of the processor. */
  async take(batch: RecordBatch, signal: AbortSignal): Promise<void> {
    // Where nothing was asked, because the read was called off, nothing is known.
    if (signal.aborted) return
    const { records, nextOffset, startOffset, endOffset, identity } = batch
    if (this.#identity !== undefined && identity !== this.#identity) return this.#beginAnew()
    // Brokers older than topic ids tell a topic made again only by its end.
    if (identity === '' && this.#next > endOffset) return this.#beginAnew()
    this.#identity = identity
    this.#end = endOffset
    if (startOffset > this.#next) {
      this.#isWhole = false
      this.#next = startOffset
    }
    for (let from = 0; from < records.length && !signal.aborted; from += SLICE) {
      const beganAtMs = this.#steadyNow()
      this.#judge(records.slice(from, from + SLICE), batch.appendTime)
      if (this.#end - this.#next > SLICE) await sleep(this.#steadyNow() - beganAtMs)
      else await otherWork()
    }
    if (!signal.aborted && nextOffset > this.#next) this.#next = nextOffset
  }

  #judge(records: RecordBatch['records'], appendTime: boolean): void {
    this.#oracle ??= new PartitionOracle(this.#optionsFor(appendTime))
    for (const { offset, logTimeMs, bytes, start, end } of records) {
      if (offset < this.#next) continue
      this.#oracle.take({ offset, logTimeMs, value: bytes.subarray(start, end) })
      this.#next = offset + 1
    }
  }

  /** The log was deleted and made again. */
  #beginAnew(): void {
    this.#oracle = undefined
    this.#identity = undefined
    this.#next = 0
    this.#isWhole = true
  }
}
