import { harmless } from '../harmless.ts'
import { grouped, section } from '../report/section.ts'
import { grid } from './grid.ts'
import type { ByViewsAndLines, PageviewsSummary } from './pageviews-profile.ts'
import { about, distributions, percent, topTable } from './shown.ts'

/** What the profile of Wikimedia's pageviews says, as sections for a person. */
export function pageviewsTable(pageviews: PageviewsSummary): string[] {
  const { lines, other_form, fields, hours, views, bytes, duplicates, duplicates_exact, notes } = pageviews
  const read = lines - other_form
  const allViews = views.mean * views.count
  const both = (what: string, { by_views, by_lines }: ByViewsAndLines): string[] => [
    topTable(`TOP ${what} BY VIEWS`, 'views', by_views, Math.max(1, allViews)),
    topTable(`TOP ${what} BY LINES`, 'lines', by_lines, Math.max(1, read)),
  ]
  return [
    section('PAGEVIEWS', [
      ['lines', grouped(lines)],
      ['of another form', grouped(other_form), percent(other_form / lines)],
      ['views', grouped(allViews)],
      ['lines that repeat a project and page of the hour', about(duplicates, duplicates_exact)],
    ]),
    section(
      'FIELDS',
      fields.map(({ field, present, share }) => [field, grouped(present), percent(share)]),
    ),
    grid(
      'HOURS',
      ['', 'lines', 'views'],
      Object.entries(hours).map(([hour, counts]) => [hour, grouped(counts.lines), grouped(counts.views)]),
    ),
    distributions([
      ['count', views],
      ['bytes', bytes],
    ]),
    ...both('PROJECTS', pageviews.projects),
    ...both('PAGES', pageviews.pages),
    notes.length === 0 ? '' : `NOTES\n${notes.map((note) => `  ${harmless(note)}\n`).join('')}`,
  ]
}
