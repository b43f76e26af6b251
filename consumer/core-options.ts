import { BUILT_IN_DIALECTS, type Dialect } from './contract/dialects.ts'
import type { CoreOptions } from './core/options.ts'
import { pageLabel } from './core/page-label.ts'
import { readMappingFile } from './mapping/mapping-file.ts'
import type { CoreSettings } from './settings/settings.ts'

/** The dialect the settings ask for. @throws {RefusedMapping} when their mapping file cannot be read or has faults. */
export function dialectOf({ dialect, mapping }: Pick<CoreSettings, 'dialect' | 'mapping'>): Dialect | 'auto' {
  if (mapping !== undefined) return readMappingFile(mapping)
  // Settings name no dialect custom without a mapping.
  return dialect === 'auto' || dialect === 'custom' ? 'auto' : BUILT_IN_DIALECTS[dialect]
}

/**
 * The core's options as the settings have them. Only where every record is read once, from files, may its whole bytes
 * stand for its id: `dedupeRows`.
 * @throws {RefusedMapping} as {@link dialectOf}
 */
export function coreOptionsOf(settings: CoreSettings, { dedupeRows = false } = {}): CoreOptions {
  return Object.freeze({
    dialect: dialectOf(settings),
    maxRecordBytes: settings.maxRecordBytes,
    sessionKey: settings.sessionKey,
    defaultCurrency: settings.defaultCurrency,
    dedupeRows,
    numbersAsStrings: false,
    allowedLatenessMs: settings.allowedLatenessMs,
    futureToleranceMs: settings.futureToleranceMs,
    aheadLimitMs: settings.aheadLimitMs,
    aheadUsers: settings.aheadUsers,
    sessionGapMs: settings.sessionGapMs,
    // Written as a URL or with a slash at its end, a page would be admitted under a label that no event ever has.
    pages: settings.pages.map(pageLabel),
    maxPages: settings.maxPages,
    funnels: settings.funnels,
    keyEvents: settings.keyEvents,
    engagedAfterMs: settings.engagedAfterMs,
    dropBots: settings.dropBots,
  })
}
