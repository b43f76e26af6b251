import { grouped, section } from '../report/section.ts'
import { eventsTable } from './events-table.ts'
import { pageviewsTable } from './pageviews-table.ts'
import type { ProfileSummary } from './profile.ts'

/** The profile as sections of aligned lines for a person. */
export function profileTable({ sources, events, pageviews }: ProfileSummary): string {
  const sections = [
    section(
      'SOURCES',
      sources.map(({ source, records, holds }) => [source, grouped(records), holds]),
    ),
    ...(events === undefined ? [] : eventsTable(events)),
    ...(pageviews === undefined ? [] : pageviewsTable(pageviews)),
  ]
  return sections.filter((text) => text !== '').join('\n')
}
