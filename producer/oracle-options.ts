import { RefusedSettings } from '../consumer/settings/fault.ts'
import { type CoreSettings, SETTINGS } from '../consumer/settings/settings.ts'
import type { OracleOptions } from './oracle/partition-oracle.ts'

/**
 * The oracle's options as the settings of the exporter have them.
 * @param log.appendTime whether the log's times are its own and not the word of whoever wrote the records
 * @throws {RefusedSettings} for a mapping: the oracle reads the built-in dialects by rules of its own, and no others
 */
export function oracleOptionsOf(settings: CoreSettings, { appendTime }: { appendTime: boolean }): OracleOptions {
  const { dialect, mapping } = settings
  if (mapping !== undefined || dialect === 'custom') {
    const fix = 'expected totals are known for the built-in dialects only, leave the mapping out'
    throw new RefusedSettings([{ setting: SETTINGS.mapping.flag, ...(mapping && { value: mapping }), fix }])
  }
  return Object.freeze({
    dialect,
    maxRecordBytes: settings.maxRecordBytes,
    defaultCurrency: settings.defaultCurrency,
    pages: settings.pages,
    maxPages: settings.maxPages,
    gapMs: settings.sessionGapMs,
    allowedLatenessMs: settings.allowedLatenessMs,
    futureToleranceMs: settings.futureToleranceMs,
    aheadMs: settings.aheadLimitMs,
    aheadUsers: settings.aheadUsers,
    sessionKey: settings.sessionKey,
    funnels: settings.funnels,
    keyEvents: settings.keyEvents,
    engagedAfterMs: settings.engagedAfterMs,
    dropBots: settings.dropBots,
    appendTime,
  })
}
