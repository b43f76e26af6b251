import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { onTestFinished } from 'vitest'
import { partitionOf } from '../consumer/contract/partitioner.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../consumer/log/embedded/embedded-log.ts'

export interface CollectedLog {
  readonly log: EmbeddedLog
  /** Appends texts at once, to one partition, with the log time that {@link at} set. */
  write(texts: readonly string[], partition?: number): Promise<void>
  /** Sets the clock of the log, epoch milliseconds. */
  at(timeMs: number): void
}

/** An embedded log in a folder of its own, until the test is over. */
export function aCollectedLog({ partitions = 1, readBatchBytes = 1_048_576 } = {}): CollectedLog {
  const folder = mkdtempSync(join(tmpdir(), 'collected-log-'))
  let nowMs = Date.UTC(2024, 4, 1, 9)
  const log = openEmbeddedLog({
    folder,
    topic: 'clicks',
    group: 'exporter',
    partitions,
    retentionBytes: Number.MAX_SAFE_INTEGER,
    readBatchBytes,
    now: () => nowMs,
  })
  onTestFinished(async () => {
    await log.leave()
    rmSync(folder, { recursive: true })
  })
  return {
    log,
    write: (texts, partition = 0) => {
      const key = keyFor(partition, partitions)
      return log.append(texts.map((text) => ({ key, value: Buffer.from(text) })))
    },
    at(timeMs) {
      nowMs = timeMs
    },
  }
}

/** A key that the log puts into the partition. */
function keyFor(partition: number, partitions: number): string {
  for (let user = 0; ; user += 1) {
    if (partitionOf(Buffer.from(`user-${user}`), partitions) === partition) return `user-${user}`
  }
}

/** A logger, and the messages it was given. */
export function aLogger(): { readonly logger: Logger; readonly lines: readonly string[] } {
  const lines: string[] = []
  return { logger: pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line).msg) }), lines }
}
