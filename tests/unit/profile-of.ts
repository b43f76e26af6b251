import type { CoreOptions } from '../../consumer/core/options.ts'
import type { FileFormat } from '../../consumer/files/format.ts'
import type { EventsSummary } from '../../consumer/profile/events-profile.ts'
import type { PageviewsSummary } from '../../consumer/profile/pageviews-profile.ts'
import { Profile, type ProfileSummary } from '../../consumer/profile/profile.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'

/** After every time that tests speak of. */
const NOW_MS = Date.UTC(2026, 0, 1)

export const profileOptions: CoreOptions = {
  ...coreOptions(aReferenceRun({ allowedLatenessMs: Infinity })),
  dialect: 'auto',
}

const asValue = (record: unknown) => {
  const bytes = Buffer.from(typeof record === 'string' ? record : JSON.stringify(record))
  return { bytes, start: 0, end: bytes.length }
}

/** Of the records of one file; text stands for itself, anything else is written as JSON. */
export function profileOf(
  records: readonly unknown[],
  { format = 'ndjson' as FileFormat, options = profileOptions } = {},
): ProfileSummary {
  const profile = new Profile(options, NOW_MS)
  profile.begin('file')
  for (const [index, record] of records.entries())
    profile.addOfFile({ ...asValue(record), position: index + 1 }, format, format === 'csv')
  return profile.finish()
}

export const eventsOf = (...words: Parameters<typeof profileOf>): EventsSummary => profileOf(...words).events!
export const pageviewsOf = (...words: Parameters<typeof profileOf>): PageviewsSummary => profileOf(...words).pageviews!

export interface LoggedRecord {
  readonly event: unknown
  readonly partition: number
  /** Epoch milliseconds. */
  readonly logTimeMs: number
}

/** Of the records of a topic whose log times are the clients' word. */
export function profileOfTopic(records: readonly LoggedRecord[]): ProfileSummary {
  const profile = new Profile(profileOptions, NOW_MS)
  profile.begin('clicks')
  for (const [offset, { event, partition, logTimeMs }] of records.entries())
    profile.addOfTopic({ ...asValue(event), partition, logTimeMs, offset, appendTime: false })
  return profile.finish()
}
