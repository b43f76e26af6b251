import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonArraySplitter } from '../../consumer/files/json-array.ts'
import { MAX_RECORD_BYTES } from '../../consumer/files/record.ts'
import { split, textsOf } from './files-split.ts'

describe('splitting a JSON array', () => {
  test.each([
    { name: 'an empty array', content: ' [ ] ', records: [] },
    { name: 'the text of each element', content: '[{"a": 1}, 2 ,\n"x" ]\n', records: ['1 {"a": 1}', '2 2', '3 "x"'] },
    { name: 'nested arrays and objects', content: '[[1,[2]],{"a":[{}]}]', records: ['1 [1,[2]]', '2 {"a":[{}]}'] },
    { name: 'brackets and commas in strings', content: '["],[",{"}":"{"}]', records: ['1 "],["', '2 {"}":"{"}'] },
    { name: 'escaped quotes', content: '["\\"],","\\\\",3]', records: ['1 "\\"],"', '2 "\\\\"', '3 3'] },
    { name: 'no record for nothing between commas', content: '[1,,2, ]', records: ['1 1', '2 2'] },
    { name: 'an element cut off by the end', content: '[{"a":1},{"b":[2', records: ['1 {"a":1}', '2 {"b":[2'] },
    { name: 'a string cut off by the end', content: '["a","b,]', records: ['1 "a"', '2 "b,]'] },
    { name: 'a missing last bracket', content: '[{"a":1},{"b":2}\n', records: ['1 {"a":1}', '2 {"b":2}'] },
    { name: 'one record for all behind the end', content: '[1] [2], "x\n', records: ['1 1', '2 [2], "x'] },
    { name: 'a brace nobody opened', content: '[1}, 2]', records: ['1 1}', '2 2'] },
  ])('yields $name', ({ content, records }) => {
    for (const size of [1, 2, 3, 1000]) {
      expect(split(new JsonArraySplitter(), content, [size]).map((it) => `${it.position} ${it.text}`)).toEqual(records)
    }
  })

  test('an element in one chunk is a view into it, not a copy', () => {
    const chunk = Buffer.from('[{"a":1},{"b"')
    expect(new JsonArraySplitter().push(chunk)).toEqual([{ bytes: chunk, start: 1, end: 8, position: 1 }])
  })

  test.each([1, 7, 1000])('an element over the limit is cut one byte behind it, in chunks of %i', (size) => {
    const content = `[${'1'.repeat(10)},"${'x'.repeat(500)}",3]${'y'.repeat(500)}`
    const expected = ['1'.repeat(10), `"${'x'.repeat(10)}`, '3', 'y'.repeat(11)]
    expect(textsOf(split(new JsonArraySplitter(10), content, [size]))).toEqual(expected)
  })

  test('a string that never ends is held only up to the limit', () => {
    const splitter = new JsonArraySplitter()
    splitter.push(Buffer.from('["'))
    for (let megabyte = 0; megabyte < 30; megabyte++) splitter.push(Buffer.alloc(1024 * 1024, 'x'))
    expect(splitter.end()[0]!.bytes.length).toBe(MAX_RECORD_BYTES + 1)
  })

  test('any JSON values come back, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.array(
          fc.nat({ max: 20 }).map((size) => size + 1),
          { minLength: 1 },
        ),
        fc.constantFrom(undefined, 2),
        (values, chunkSizes, indent) => {
          const records = split(new JsonArraySplitter(), JSON.stringify(values, null, indent), chunkSizes)
          const plain = JSON.parse(JSON.stringify(values))
          expect(records.map(({ text }) => JSON.parse(text))).toEqual(plain)
          expect(records.map(({ position }) => position)).toEqual(values.map((_, index) => index + 1))
        },
      ),
    )
  })
})
