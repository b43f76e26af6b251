import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, vi } from 'vitest'
import type { Assignment, LogRecord, NewRecord, Position } from '../../consumer/contract/log-port.ts'
import { partitionOf } from '../../consumer/contract/partitioner.ts'
import { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'

export let folder: string
export let file: string
export let clock: { nowMs: number }
let opened: EmbeddedLog[]

/** Gives each test of the file a folder of its own, and a clock that only the test moves. */
export function useLogFolder(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'embedded-log-'))
    file = join(folder, 'log.sqlite')
    clock = { nowMs: Date.parse('2026-01-01T09:00:00Z') }
    opened = []
  })

  afterEach(async () => {
    vi.useRealTimers()
    await Promise.allSettled(opened.map((log) => log.leave()))
    rmSync(folder, { recursive: true, force: true })
  })
}

export function openLog(options: Partial<EmbeddedLogOptions> = {}): EmbeddedLog {
  const log = openEmbeddedLog({
    folder,
    topic: 'clicks',
    group: 'exporter',
    partitions: 1,
    retentionBytes: Number.MAX_SAFE_INTEGER,
    now: () => clock.nowMs,
    ...options,
  })
  opened.push(log)
  return log
}

export const aRecord = (value: string, key = 'ann'): NewRecord => ({ key, value: Buffer.from(value) })

/** A key that the log puts into the partition. */
export function keyFor(partition: number, partitions: number): string {
  for (let user = 0; ; user += 1) {
    const key = `user-${user}`
    if (partitionOf(Buffer.from(key), partitions) === partition) return key
  }
}

export const textOf = ({ bytes, start, end }: LogRecord): string => Buffer.from(bytes.subarray(start, end)).toString()

export const never = new AbortController().signal

export async function valuesFrom(log: EmbeddedLog, partition: number, fromOffset: number): Promise<string[]> {
  const values: string[] = []
  const { endOffset } = await log.bounds(partition)
  for (let offset = fromOffset; offset < endOffset; ) {
    const batch = await log.read(partition, offset, never)
    values.push(...batch.records.map(textOf))
    offset = batch.nextOffset
  }
  return values
}

export async function joined(log: EmbeddedLog): Promise<Assignment> {
  let assignment: Assignment | undefined
  await log.join((given) => {
    assignment = given
  })
  return assignment!
}

export const at = (offset: number, metadata = ''): Position => ({ offset, metadata })
