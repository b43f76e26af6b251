import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CoreOptions } from '../../consumer/core/options.ts'
import { startExporter } from '../../consumer/exporter.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { openLog } from '../../consumer/logging.ts'
import { now, steadyNow } from '../running-service.ts'
import type { Venue } from './venue.ts'

const SNAPSHOT_INTERVAL_MS = 30_000
const STALE_AFTER_MS = 30_000

/** A new embedded log in a folder of its own, followed by an exporter in this process, as `npm start` does it. */
export async function openEmbeddedVenue(options: CoreOptions, partitions: number, signal: AbortSignal): Promise<Venue> {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-verify-'))
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeFolder)
  const { logger } = openLog({
    file: undefined,
    level: 'error',
    rotateBytes: 0,
    keep: 0,
    console: (line) => process.stderr.write(`${line}\n`),
  })
  const log = openEmbeddedLog({
    folder,
    topic: 'verify',
    group: 'verify',
    partitions,
    // What is deleted can no longer be judged.
    retentionBytes: Number.MAX_SAFE_INTEGER,
    now,
  })
  const exporter = await startExporter({
    log,
    options,
    idleAfterMs: undefined,
    snapshotIntervalMs: SNAPSHOT_INTERVAL_MS,
    classicMetrics: false,
    host: '127.0.0.1',
    port: 0,
    staleAfterMs: STALE_AFTER_MS,
    now,
    steadyNow,
    logger,
  }).catch(async (error) => {
    await log.leave()
    throw error
  })
  return {
    partitions,
    repeats: false,
    append: (records) => log.append(records),
    read: () => readLog(log, partitions, signal),
    async pages() {
      const page = await fetch(`${exporter.url}/metrics`, { signal })
      return page.ok ? [await page.text()] : []
    },
    async close() {
      await exporter.stop()
      process.off('exit', removeFolder)
      removeFolder()
    },
  }
}

async function* readLog(log: EmbeddedLog, partitions: number, signal: AbortSignal): ReturnType<Venue['read']> {
  for (let partition = 0; partition < partitions; partition++) {
    const { endOffset } = await log.bounds(partition)
    for (let next = 0; next < endOffset; ) {
      const { records, nextOffset } = await log.read(partition, next, signal)
      signal.throwIfAborted()
      for (const { offset, logTimeMs, bytes, start, end } of records) {
        yield { partition, record: { offset, logTimeMs, value: bytes.subarray(start, end) } }
      }
      next = nextOffset
    }
  }
}
