import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NdjsonSplitter } from '../../consumer/files/ndjson.ts'
import { MAX_RECORD_BYTES } from '../../consumer/files/record.ts'
import { split, textsOf } from './files-split.ts'

describe('splitting NDJSON', () => {
  test.each([
    { name: 'nothing', content: '', records: [] },
    { name: 'one line per record', content: '{"a":1}\n{"b":2}\n', records: ['1 {"a":1}', '2 {"b":2}'] },
    { name: 'a last line without newline', content: '{"a":1}\n{"b":2}', records: ['1 {"a":1}', '2 {"b":2}'] },
    { name: 'Windows line ends', content: '{"a":1}\r\n{"b":2}\r\n', records: ['1 {"a":1}', '2 {"b":2}'] },
    { name: 'only the last \\r of a line', content: 'a\r\r\n', records: ['1 a\r'] },
    { name: 'blank lines skipped but counted', content: '\n \t\r\n{"a":1}\n\n7\n  ', records: ['3 {"a":1}', '5 7'] },
    { name: 'lines that are not JSON', content: '{"a":\nrubbish\n', records: ['1 {"a":', '2 rubbish'] },
  ])('$name', ({ content, records }) => {
    for (const size of [1, 2, 3, 1000]) {
      expect(split(new NdjsonSplitter(), content, [size]).map((it) => `${it.position} ${it.text}`)).toEqual(records)
    }
  })

  test('a line in one chunk is a view into it, not a copy', () => {
    const chunk = Buffer.from('{"a":1}\n{"b":2}\n{"c"')
    const [first, second] = new NdjsonSplitter().push(chunk)
    expect(first).toEqual({ bytes: chunk, start: 0, end: 7, position: 1 })
    expect(second!.bytes).toBe(chunk)
  })

  test('bytes that are not UTF-8 pass through untouched', () => {
    const [record] = new NdjsonSplitter().push(Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]))
    expect([...record!.bytes.subarray(record!.start, record!.end)]).toEqual([0x22, 0xff, 0xfe, 0x22])
  })

  test.each([1, 7, 1000])('a line over the limit is cut one byte behind it, in chunks of %i', (size) => {
    const content = `${'x'.repeat(10)}\n${'y'.repeat(11)}\n${'z'.repeat(500)}\n{}\n`
    const expected = ['x'.repeat(10), 'y'.repeat(11), 'z'.repeat(11), '{}']
    expect(textsOf(split(new NdjsonSplitter(10), content, [size]))).toEqual(expected)
  })

  test('an endless line is held only up to the limit', () => {
    const splitter = new NdjsonSplitter()
    for (let megabyte = 0; megabyte < 30; megabyte++) splitter.push(Buffer.alloc(1024 * 1024, 'x'))
    const [record] = splitter.end()
    expect(record!.bytes.length).toBe(MAX_RECORD_BYTES + 1)
  })

  test('any JSON values come back, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.array(
          fc.nat({ max: 20 }).map((size) => size + 1),
          { minLength: 1 },
        ),
        fc.constantFrom('\n', '\r\n'),
        (values, chunkSizes, newline) => {
          const content = values.map((value) => JSON.stringify(value) + newline).join('')
          const texts = textsOf(split(new NdjsonSplitter(), content, chunkSizes))
          expect(texts).toEqual(values.map((value) => JSON.stringify(value)))
        },
      ),
    )
  })
})
