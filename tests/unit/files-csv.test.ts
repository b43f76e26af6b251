import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CsvSplitter } from '../../consumer/files/csv.ts'
import { split, textsOf } from './files-split.ts'

const CHUNK_SIZES = [1, 2, 3, 7, 1000]

describe('splitting CSV', () => {
  test.each([
    { name: 'an empty file', content: '', records: [] },
    { name: 'a header alone', content: 'a,b\n', records: [] },
    {
      name: 'cells by column name, as strings',
      content: 'a,b\n1,x\n2,y\n',
      records: ['2 {"a":"1","b":"x"}', '3 {"a":"2","b":"y"}'],
    },
    { name: 'a last line without newline', content: 'a,b\n1,2', records: ['2 {"a":"1","b":"2"}'] },
    {
      name: 'Windows line ends',
      content: 'a,b\r\n1,2\r\n"3","4"\r\n',
      records: ['2 {"a":"1","b":"2"}', '3 {"a":"3","b":"4"}'],
    },
    { name: 'a \\r that ends the file', content: 'a,b\r\n1,2\r', records: ['2 {"a":"1","b":"2"}'] },
    { name: 'mixed line ends', content: 'a,b\n1,2\r\n3,4\n', records: ['2 {"a":"1","b":"2"}', '3 {"a":"3","b":"4"}'] },
    { name: 'empty cells left out', content: 'a,b,c\n,2,\n,"",\n', records: ['2 {"b":"2"}', '3 {}'] },
    { name: 'empty lines skipped but counted', content: '\n\r\na,b\n\n1,2\n\r\n', records: ['5 {"a":"1","b":"2"}'] },
    {
      name: 'quoted delimiters, quotes and newlines',
      content: 'a,b\n"1,2","say ""x"""\n"3\n\r\n4",5\n6,7\n',
      records: ['2 {"a":"1,2","b":"say \\"x\\""}', '3 {"a":"3\\n\\r\\n4","b":"5"}', '6 {"a":"6","b":"7"}'],
    },
    { name: 'a quoted header over two lines', content: '"a\nx","b"\n1,2\n', records: ['3 {"a\\nx":"1","b":"2"}'] },
    { name: 'characters JSON must escape', content: 'a,b\n\\,\t\n', records: ['2 {"a":"\\\\","b":"\\t"}'] },
    { name: 'characters of several bytes', content: 'a,ü\né,😀\n', records: ['2 {"a":"é","ü":"😀"}'] },
    { name: 'a column called __proto__', content: '__proto__,b\n1,2\n', records: ['2 {"__proto__":"1","b":"2"}'] },
    {
      name: 'rows between two quotes as one cell when the number of cells is right',
      content: 'a,b\n1,"2\n3,4\n5,6"\n"7",8\n',
      records: ['2 {"a":"1","b":"2\\n3,4\\n5,6"}', '5 {"a":"7","b":"8"}'],
    },
    { name: 'spaces as they are', content: 'a,b\n 1 , \n', records: ['2 {"a":" 1 ","b":" "}'] },
  ])('reads $name', ({ content, records }) => {
    for (const size of CHUNK_SIZES) {
      expect(split(new CsvSplitter('x.csv'), content, [size]).map((it) => `${it.position} ${it.text}`)).toEqual(records)
    }
  })

  test.each([
    ['1.50', '1.50'],
    ['-0.5e+3', '-0.5e+3'],
    ['9007199254740993', '9007199254740993'],
    ['007', '"007"'],
    ['1,5', '"1,5"'],
    [' 1', '" 1"'],
    ['', undefined],
    ['2024-01-01', '"2024-01-01"'],
  ])('writes "%s" in a numeric column as %s, and a string in any other', (cell, written) => {
    const splitter = new CsvSplitter('x.csv', { numericColumns: () => new Set(['price', 'nowhere']) })
    const [text] = textsOf(split(splitter, `name,price\n7,"${cell}"\n`, [1000]))
    expect(text).toBe(written === undefined ? '{"name":"7"}' : `{"name":"7","price":${written}}`)
  })

  test.each([
    { name: 'too few cells', content: 'a,b\n1\n3,4\n', records: ['1', '{"a":"3","b":"4"}'] },
    { name: 'too many cells', content: 'a,b\n1,2,3\r\n3,4\n', records: ['1,2,3', '{"a":"3","b":"4"}'] },
    { name: 'a quote inside a cell', content: 'a,b\n12" tv,2\n3,4\n', records: ['12" tv,2', '{"a":"3","b":"4"}'] },
    { name: 'text behind a closing quote', content: 'a,b\n"1"x,2\n3,4\n', records: ['"1"x,2', '{"a":"3","b":"4"}'] },
    {
      name: 'a quote that is never closed',
      content: 'a,b\n1,"2\n3,4\n5,6',
      records: ['1,"2', '{"a":"3","b":"4"}', '{"a":"5","b":"6"}'],
    },
    {
      name: 'a stray quote in each of two rows',
      content: 'a,b\n1,"2\n3,4\n5,"6\n7,8\n',
      records: ['1,"2', '{"a":"3","b":"4"}', '5,"6', '{"a":"7","b":"8"}'],
    },
    {
      name: 'a row over two lines with too many cells',
      content: 'a,b\n"1\n2,3",4,5\n6,7\n',
      records: ['"1', '2,3",4,5', '{"a":"6","b":"7"}'],
    },
  ])('a row with $name is a record of its own text', ({ content, records }) => {
    for (const size of CHUNK_SIZES) {
      expect(textsOf(split(new CsvSplitter('x.csv'), content, [size]))).toEqual(records)
    }
  })

  test('a row that is not UTF-8 keeps its bytes, the rows around it are read', () => {
    const latin1 = Buffer.from('a,b\n1,2\né,3\n"é\n",3\n4,5\n', 'latin1')
    const records = new CsvSplitter('x.csv').push(latin1)
    const texts = records.map(({ bytes, start, end }) => Buffer.from(bytes.subarray(start, end)).toString('latin1'))
    expect(texts).toEqual(['{"a":"1","b":"2"}', 'é,3', '"é\n",3', '{"a":"4","b":"5"}'])
  })

  test('a header over two lines tells how many cells a row has', () => {
    const records = split(new CsvSplitter('x.csv'), '"a\nx",b\n1\n"2\n3",4\n', [1000])
    expect(textsOf(records)).toEqual(['1', '{"a\\nx":"2\\n3","b":"4"}'])
  })

  test('empty lines behind a quote that is never closed count as bytes too', () => {
    const splitter = new CsvSplitter('x.csv', { maxRecordBytes: 50 })
    const records = splitter.push(Buffer.from(`a,b\n1,"2\n${'\n'.repeat(50)}3,4\n`))
    expect(records).toHaveLength(2)
  })

  test('a quote that is never closed holds back only as many rows as a record may have bytes', () => {
    const splitter = new CsvSplitter('x.csv', { maxRecordBytes: 50 })
    const records = splitter.push(Buffer.from(`a,b\n1,"2\n${'3,4\n'.repeat(30)}`))
    expect(records).toHaveLength(31)
  })

  test.each([
    { name: 'a line', content: `a,b\n${'1'.repeat(20)},2\n3,4\n`, cut: ['1'.repeat(11)] },
    {
      name: 'a line in a quoted cell',
      content: `a,b\n"\n",${'1'.repeat(20)}\n3,4\n`,
      cut: ['"', `",${'1'.repeat(9)}`],
    },
  ])('$name over the limit is cut one byte behind it', ({ content, cut }) => {
    for (const size of CHUNK_SIZES) {
      const splitter = new CsvSplitter('x.csv', { maxRecordBytes: 10 })
      expect(textsOf(split(splitter, content, [size]))).toEqual([...cut, '{"a":"3","b":"4"}'])
    }
  })

  test('without a header line the given columns name the cells', () => {
    const splitter = new CsvSplitter('x.csv', { columns: ['a', 'b'] })
    expect(split(splitter, '1,2\n3\n', [5])).toEqual([
      { position: 1, text: '{"a":"1","b":"2"}' },
      { position: 2, text: '3' },
    ])
  })

  test('tabs separate the cells of TSV', () => {
    const splitter = new CsvSplitter('x.tsv', { delimiter: '\t' })
    expect(textsOf(split(splitter, 'a\tb\n1,2\t"3\t4"\n', [4]))).toEqual(['{"a":"1,2","b":"3\\t4"}'])
  })

  test.each([
    { content: 'a,b,a\n', message: 'x.csv: columns 1 and 3 are both named "a"; rename one of them in the header line' },
    { content: 'a,\n1,2\n', message: 'x.csv: column 2 has no name; name it in the header line' },
    { content: ' ,b\n', message: 'x.csv: column 1 has no name; name it in the header line' },
    { content: '\na,"b"x\n', message: 'x.csv: the header (line 2) is not CSV; check its quotes and encoding' },
    { content: 'a,"b\n1,2\n', message: 'x.csv: the header (line 1) is not CSV; check its quotes and encoding' },
  ])('the header of $content is refused', ({ content, message }) => {
    expect(() => split(new CsvSplitter('x.csv'), content, [3])).toThrow(message)
  })

  test('given columns are held to the same rules', () => {
    const message = 'x.csv: columns 1 and 2 are both named "a"; rename one of them in the given columns'
    expect(() => new CsvSplitter('x.csv', { columns: ['a', 'a'] })).toThrow(message)
  })
})

const chunkSizes = fc.array(
  fc.nat({ max: 20 }).map((size) => size + 1),
  { minLength: 1 },
)
const cell = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ') }),
)
const quotedCell = (text: string): string => `"${text.replaceAll('"', '""')}"`
const plainOrQuotedCell = (text: string): string => (/[",\r\n]/.test(text) ? quotedCell(text) : text)

describe('for any CSV', () => {
  test('the values come back, wherever the chunks are cut', () => {
    const rows = fc.array(fc.tuple(cell, cell, cell))
    fc.assert(
      fc.property(rows, chunkSizes, fc.boolean(), fc.constantFrom('\n', '\r\n'), (values, sizes, quoteAll, newline) => {
        const write = quoteAll ? quotedCell : plainOrQuotedCell
        const content = [['a', 'b', 'c'], ...values].map((row) => row.map(write).join(',') + newline).join('')
        const records = split(new CsvSplitter('x.csv'), content, sizes)
        const expected = values.map(([a, b, c]) => ({ ...(a && { a }), ...(b && { b }), ...(c && { c }) }))
        expect(records.map(({ text }) => JSON.parse(text))).toEqual(expected)
      }),
    )
  })

  test('rubbish never ends the run, and where the chunks are cut makes no difference', () => {
    const rubbish = fc.string({ unit: fc.constantFrom('a', ',', '"', '""', '",', '\n', '\n', '\r', '\r\n', '\0', 'é') })
    fc.assert(
      fc.property(rubbish, chunkSizes, (content, sizes) => {
        const columns = ['a', 'b']
        const whole = split(new CsvSplitter('x.csv', { columns }), content, [1e6])
        expect(split(new CsvSplitter('x.csv', { columns }), content, sizes)).toEqual(whole)
        const lines = content.split('\n').filter((line) => line !== '' && line !== '\r')
        expect(whole.length).toBeLessThanOrEqual(lines.length)
        for (const letter of ['a', 'é'])
          expect(occurrences(letter, whole.map(cellsOrText))).toBe(occurrences(letter, [content]))
      }),
      { numRuns: 2000 },
    )
  })
})

/** What a record holds, without the column names. */
function cellsOrText({ text }: { text: string }): string {
  return text.startsWith('{') ? Object.values(JSON.parse(text)).join() : text
}

const occurrences = (letter: string, texts: string[]): number => texts.join('').split(letter).length - 1
