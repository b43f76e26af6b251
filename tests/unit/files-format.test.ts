import { expect, test } from 'vitest'
import { type FileFormat, formatOf } from '../../consumer/files/format.ts'

const CASES: readonly { path: string; text: string; named?: FileFormat; format: FileFormat }[] = [
  { path: 'a.csv', text: '{"a":1}', format: 'csv' },
  { path: 'a.CSV.GZ', text: '', format: 'csv' },
  { path: 'a.tsv.zst', text: '', format: 'tsv' },
  { path: 'a.ndjson', text: '[1]', format: 'ndjson' },
  { path: 'a.jsonl.gz', text: 'x', format: 'ndjson' },
  { path: 'a.log', text: 'x', format: 'ndjson' },
  { path: 'a.json', text: ' \r\n\t[{}]', format: 'json' },
  { path: 'a.json', text: ' {"a":1}', format: 'ndjson' },
  { path: 'a.json', text: '', format: 'ndjson' },
  { path: 'a.b/data', text: '\n[', format: 'json' },
  { path: '-', text: '{', format: 'ndjson' },
  { path: 'events.gz', text: 'a,b', format: 'csv' },
  { path: 'blank', text: ' \n', format: 'ndjson' },
  { path: 'a.txt', text: '"a","b"', format: 'csv' },
  { path: 'in/pageviews-20240131-170000.gz', text: 'en Main_Page 1 0', format: 'pageviews' },
  { path: 'pageviews-20240131-170000', text: '{', format: 'pageviews' },
  { path: 'pageviews-20240131-170000.csv', text: 'a,b', format: 'csv' },
  { path: 'pageviews-20240131.gz', text: 'a,b', format: 'csv' },
  { path: 'views.txt', text: 'en Main_Page 1 0', named: 'pageviews', format: 'pageviews' },
  { path: 'a.csv', text: 'a,b', named: 'ndjson', format: 'ndjson' },
  { path: 'a.csv', text: '[1]', named: 'json', format: 'json' },
  { path: 'a.csv', text: '{}', named: 'json', format: 'ndjson' },
]

test.each(CASES)('$path beginning with "$text", named $named, is $format', ({ path, text, named, format }) => {
  expect(formatOf(path, Buffer.from(text), named)).toBe(format)
})
