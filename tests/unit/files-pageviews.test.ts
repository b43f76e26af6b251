import { describe, expect, test } from 'vitest'
import { hourOf, PageviewsSplitter } from '../../consumer/files/pageviews.ts'
import { split, textsOf } from './files-split.ts'

const PATH = 'in/pageviews-20240131-170000.gz'

/** What becomes of a file's text, whatever chunks it arrives in. */
function recordsOf(content: string | Uint8Array): string[] {
  const [whole, ...others] = [1000, 1, 7].map((size) => textsOf(split(new PageviewsSplitter(PATH), content, [size])))
  for (const other of others) expect(other).toEqual(whole)
  return whole!
}

describe('a line of hourly pageviews', () => {
  test('is an object with the time that the name of the file tells', () => {
    expect(recordsOf('en.m Main_Page 42 0\n')).toEqual([
      '{"project":"en.m","page":"Main_Page","count":42,"bytes":0,"timestamp":"2024-01-31T17:00:00Z"}',
    ])
  })

  test.each([
    ['an address with escapes', 'Caf%C3%A9', 'Caf%C3%A9'],
    ['letters of any script', 'Žižek_東京_🙂', 'Žižek_東京_🙂'],
    ['a colon, a slash, a question mark and the like', 'Special:A/B?c=d&e#f', 'Special:A/B?c=d&e#f'],
    ['a backslash', 'A\\B', 'A\\B'],
    ['control characters', 'A\tB\u0001', 'A\tB\u0001'],
    ['a space that does not break', 'A\u00a0B', 'A\u00a0B'],
    ['numbers alone', '2024', '2024'],
    ['quotes around a part of it, as older files write it', '"Weird_Al"_Yankovic', '"Weird_Al"_Yankovic'],
    ['quotes around all of it, as older files write it', '"Heroes"', '"Heroes"'],
    ['quotes, as newer files write them', '"\\"Weird_Al\\"_Yankovic"', '"Weird_Al"_Yankovic'],
    ['quotes around all of it, as newer files write them', '"\\"Heroes\\""', '"Heroes"'],
    ['a blank, as newer files write it', '"Main Page"', 'Main Page'],
    ['a single quote character', '"', '"'],
  ])('may have a title with %s', (_what, title, page) => {
    const [text = ''] = recordsOf(`en ${title} 7 0\n`)
    expect(JSON.parse(text)).toEqual({ project: 'en', page, count: 7, bytes: 0, timestamp: '2024-01-31T17:00:00Z' })
  })

  test.each([
    ['- Main_Page 1 0', { page: 'Main_Page' }],
    ['"" Main_Page 1 0', { page: 'Main_Page' }],
    [' Main_Page 1 0', { page: 'Main_Page' }],
    ['en - 1 0', { project: 'en' }],
    ['en "" 1 0', { project: 'en' }],
    ['en  1 0', { project: 'en' }],
    ['"" "" 1 0', {}],
    // Older files leave out a field that is not known, blank and all.
    ['Main_Page 1 0', {}],
  ])('"%s" has only the names that are known', (line, names) => {
    expect(recordsOf(line).map((text) => JSON.parse(text))).toEqual([
      { ...names, count: 1, bytes: 0, timestamp: '2024-01-31T17:00:00Z' },
    ])
  })

  test.each([
    ['one field', 'Main_Page'],
    ['three fields, of which one number', 'en Main_Page 42'],
    ['five fields', 'en Main Page 42 0'],
    ['a count that is no number', 'en Main_Page many 0'],
    ['a negative count', 'en Main_Page -1 0'],
    ['a fraction', 'en Main_Page 1.5 0'],
    ['more digits than a double holds', 'en Main_Page 1234567890123456 0'],
    ['tabs in place of blanks', 'en\tMain_Page\t42\t0'],
    ['a blank at its end', 'en Main_Page 42 0 '],
  ])('with %s is a record of its own text, which no object is made of', (_what, line) => {
    expect(recordsOf(`${line}\nen A 1 0\n`)).toEqual([
      line,
      '{"project":"en","page":"A","count":1,"bytes":0,"timestamp":"2024-01-31T17:00:00Z"}',
    ])
  })

  test('that is not UTF-8, or longer than any title, is a record of its own bytes', () => {
    const latin1 = Buffer.from('en Caf\u00e9 1 0', 'latin1')
    const [record] = new PageviewsSplitter(PATH).push(Buffer.concat([latin1, Buffer.from('\n')]))
    expect(Buffer.from(record!.bytes.subarray(record!.start, record!.end))).toEqual(latin1)
    const endless = `en "${'\\"'.repeat(10_000)} 1 0`
    expect(recordsOf(endless)).toEqual([endless])
  })

  test('keeps its number, also behind empty lines and Windows line ends', () => {
    const found = split(new PageviewsSplitter(PATH), '\r\nen A 1 0\r\n\nen B 2 0', [1000])
    expect(found.map(({ position, text }) => [position, JSON.parse(text).page])).toEqual([
      [2, 'A'],
      [4, 'B'],
    ])
  })

  test('of a file whose name tells no hour has no time', () => {
    expect(textsOf(split(new PageviewsSplitter('views.txt'), 'en A 1 0', [1000]))).toEqual([
      '{"project":"en","page":"A","count":1,"bytes":0}',
    ])
  })
})

test.each([
  ['pageviews-20240131-170000.gz', '2024-01-31T17:00:00Z'],
  ['a/b/pageviews-20151231-000000', '2015-12-31T00:00:00Z'],
  ['pageviews-20240101-000000/other.gz', undefined],
  ['pageviews-20241331-170000.gz', undefined],
  ['pageviews-20240131-250000.gz', undefined],
  ['projectviews-20240131-170000', undefined],
  ['-', undefined],
])('the name %s tells %s', (path, hour) => {
  expect(hourOf(path)).toBe(hour)
})
