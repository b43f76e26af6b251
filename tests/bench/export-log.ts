import type { CoreOptions } from '../../consumer/core/options.ts'
import { coreOptionsOf } from '../../consumer/core-options.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { resolveSettings } from '../../consumer/settings/resolve.ts'
import { CORE_SETTINGS } from '../../consumer/settings/settings.ts'
import { Traffic } from './traffic.ts'

const BATCH = 10_000

export const openBenchLog = (folder: string): EmbeddedLog =>
  openEmbeddedLog({
    folder,
    topic: 'user-events',
    group: 'bench',
    partitions: 4,
    retentionBytes: Number.MAX_SAFE_INTEGER,
    now: Date.now,
  })

/** The options every command has unless told otherwise. */
export function benchOptions(): CoreOptions {
  const resolution = resolveSettings(CORE_SETTINGS, {}, new Map(), {})
  if ('faults' in resolution) throw new RangeError(`default settings: ${JSON.stringify(resolution.faults)}`)
  return coreOptionsOf(resolution.settings)
}

/** Makes a log of so many events, and gives the bytes of their records. */
export async function fillLog(folder: string, events: number): Promise<number> {
  const log = openBenchLog(folder)
  const traffic = new Traffic({ shape: 'ecommerce', users: 100_000, intervalMs: 4 })
  let filled = 0
  for (let made = 0; made < events; made += BATCH) {
    const { ranges } = traffic.next(Math.min(BATCH, events - made))
    await log.append(
      ranges.map(({ bytes, start, end }, at) => ({ key: `user-${at}`, value: bytes.subarray(start, end) })),
    )
    filled += ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  }
  await log.leave()
  return filled
}
