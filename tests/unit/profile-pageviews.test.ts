import { describe, expect, test } from 'vitest'
import { BUILT_IN_DIALECTS } from '../../consumer/contract/dialects.ts'
import { PageviewsSplitter } from '../../consumer/files/pageviews.ts'
import { Profile } from '../../consumer/profile/profile.ts'
import { profileTable } from '../../consumer/profile/table.ts'
import { pageviewsOf, profileOf, profileOptions } from './profile-of.ts'

const HOUR = '2024-01-01T00:00:00Z'

function profileOfLines(lines: readonly string[], path = 'pageviews-20240101-000000') {
  const splitter = new PageviewsSplitter(path)
  const profile = new Profile(profileOptions, 0)
  profile.begin(path)
  for (const record of [...splitter.push(Buffer.from(`${lines.join('\n')}\n`)), ...splitter.end()])
    profile.addOfFile(record, 'pageviews', false)
  return profile.finish()
}

const views = (project: string, page: string, count: unknown = 1, timestamp: unknown = HOUR) => ({
  project,
  page,
  count,
  bytes: 0,
  timestamp,
})

describe('of pageviews the profile says', () => {
  const { sources, pageviews, events } = profileOfLines([
    'en Main_Page 40 0',
    'en "quoted" 2 0',
    'de Main_Page 8 0',
    'en Main_Page 2 0',
    '"" - 5 0',
    'en - 3 0',
    'not a line',
  ])

  test('how complete its fields are', () => {
    expect(sources).toEqual([{ source: 'pageviews-20240101-000000', records: 7, holds: 'pageviews' }])
    expect(events).toBeUndefined()
    expect(pageviews).toMatchObject({ lines: 7, other_form: 1, unusable_numbers: 0 })
    expect(pageviews!.fields).toEqual([
      { field: 'project', present: 5, share: 5 / 6 },
      { field: 'page', present: 4, share: 4 / 6 },
      { field: 'count', present: 6, share: 1 },
      { field: 'bytes', present: 6, share: 1 },
    ])
  })

  test('what was viewed most, and what takes most lines', () => {
    expect(pageviews!.projects.by_views.top).toEqual([
      { text: 'en', count: 47 },
      { text: 'de', count: 8 },
    ])
    expect(pageviews!.projects.by_lines.top[0]).toEqual({ text: 'en', count: 4 })
    expect(pageviews!.pages.by_views.top).toEqual([
      { text: 'en Main_Page', count: 42 },
      { text: 'de Main_Page', count: 8 },
      { text: 'en "quoted"', count: 2 },
    ])
    expect(pageviews!.pages.by_lines.top[0]).toEqual({ text: 'en Main_Page', count: 2 })
  })

  test('how counts and bytes are distributed, of which hour, and what occurs twice', () => {
    expect(pageviews!.views).toMatchObject({ count: 6, min: 2, mean: 10, p50: 3, p90: 40, max: 40, zeros: 0 })
    expect(pageviews!.bytes).toMatchObject({ count: 6, max: 0, zeros: 6 })
    expect(pageviews!.hours).toEqual({ [HOUR]: { lines: 6, views: 60 } })
    expect(pageviews).toMatchObject({ duplicates: 1, duplicates_exact: true })
  })

  test('what to know about them', () => {
    expect(pageviews!.notes).toEqual([
      '1 without a project: npm run pageviews leaves them out and counts them.',
      '2 without a page: npm run pageviews leaves them out and counts them.',
      'bytes is 0 in every line, which is normal: newer files no longer fill it.',
      '1 not of the form project page count bytes: look at them, or read the file as another --input-format.',
    ])
  })

  test('the same of JSON records, which it tells by their keys', () => {
    const records = [views('en', 'A', 3), views('en', 'A', 1), views('en', 'A', 1, '2024-01-01T01:00:00Z')]
    const found = pageviewsOf(records)
    expect(found).toMatchObject({ lines: 3, duplicates: 1 })
    expect(Object.keys(found.hours)).toEqual([HOUR, '2024-01-01T01:00:00Z'])
    expect(pageviewsOf([views('en', 'A', 1, null)]).hours).toEqual({ unknown: { lines: 1, views: 1 } })
  })

  test('that numbers are none', () => {
    const found = pageviewsOf([views('en', 'A', -1), views('en', 'B', '7'), views('en', 'C', 1.5), views('en', 'D', 0)])
    expect(found).toMatchObject({ unusable_numbers: 3, views: { count: 1, zeros: 1 } })
    expect(found.notes).toContainEqual(expect.stringMatching(/^3 counts or sizes that are no whole numbers/))
    expect(found.notes).toContain('1 with a count of 0: nobody viewed the page.')
  })

  test('nothing, where a dialect is named or the records have a user', () => {
    const options = { ...profileOptions, dialect: BUILT_IN_DIALECTS['user-events'] }
    expect(profileOf([views('en', 'A')], { options }).pageviews).toBeUndefined()
    expect(profileOf([{ ...views('en', 'A'), user_id: 1 }]).pageviews).toBeUndefined()
  })

  test('in a table too', () => {
    const table = profileTable(profileOfLines(['en A\u001b[2J 1 0', 'en B 0 7']))
    expect(table).toContain('en A?[2J')
    expect(table).toMatch(/HOURS\n +lines {2}views\n {2}2024-01-01T00:00:00Z {6}2 {6}1\n/)
    expect(table).toContain('1 with 0 bytes, others with more')
  })
})

test('the name of a page may be longer than any other', () => {
  const page = 'ä"'.repeat(2_000)
  expect(pageviewsOf([views('en', page), views('en', page), views('en', `${page}x`)])).toMatchObject({
    duplicates: 1,
    pages: { by_lines: { distinct: 2 } },
  })
})
