import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ReadOptions, readEvents } from '../../consumer/files/read-events.ts'
import { refused } from '../../consumer/files/unreadable-file.ts'
import { type FoundRecord, recordsOf, textsOf } from './files-split.ts'

const FIXTURE = new URL('../fixtures/rees46-first-200.csv.gz', import.meta.url).pathname

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'files-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function aFile(name: string, content: string | Uint8Array): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

const read = (path: string, options?: ReadOptions): Promise<FoundRecord[]> => recordsOf(readEvents(path, options))

describe('reading events from a file', () => {
  test('the first rows of a real data set come out as its cells', async () => {
    const records = await read(FIXTURE)
    expect(records).toHaveLength(200)
    expect(records[0]!.position).toBe(2)
    expect(JSON.parse(records[0]!.text)).toEqual({
      event_time: '2019-10-01 00:00:00 UTC',
      event_type: 'view',
      product_id: '44600062',
      category_id: '2103807459595387724',
      brand: 'shiseido',
      price: '35.79',
      user_id: '541312140',
      user_session: '72d76fde-8bb3-4e00-8c23-a032dfed738c',
    })
    // This data has no quotes, so a split at the commas is an independent reading of it.
    const [header, ...rows] = gunzipSync(readFileSync(FIXTURE)).toString().trimEnd().split('\n')
    const names = header!.split(',')
    const expected = rows.map((row) => row.split(',').map((cell, index) => [names[index], cell]))
    expect(records.map(({ text }) => Object.entries(JSON.parse(text)))).toEqual(
      expected.map((cells) => cells.filter(([, cell]) => cell !== '')),
    )
  })

  test.each([
    { name: 'bom.csv', content: '\ufeffa,b\n1,2\n', records: ['{"a":"1","b":"2"}'] },
    { name: 'bom.ndjson', content: '\ufeff{"a":1}\n', records: ['{"a":1}'] },
    { name: 'bom.json', content: '\ufeff[{"a":1}]', records: ['{"a":1}'] },
    { name: 'only-bom.csv', content: '\ufeff', records: [] },
    { name: 'bom-inside.ndjson', content: '1\n\ufeff2\n', records: ['1', '\ufeff2'] },
    { name: 'empty.csv', content: '', records: [] },
    { name: 'empty.json', content: '', records: [] },
    { name: 'blank', content: ' \n\n', records: [] },
    { name: 'no-extension', content: '\n [1,2]', records: ['1', '2'] },
    { name: 'tabs.tsv', content: 'a\tb\n1\t2\n', records: ['{"a":"1","b":"2"}'] },
  ])('$name gives $records', async ({ name, content, records }) => {
    expect(textsOf(await read(aFile(name, content)))).toEqual(records)
  })

  test('the format and the columns can be given', async () => {
    const path = aFile('given.log', '1,2\n')
    expect(textsOf(await read(path, { format: 'csv', columns: ['a', 'b'] }))).toEqual(['{"a":"1","b":"2"}'])
  })

  test('progress is told in bytes of the file, up to its size', async () => {
    const content = gzipSync('{"a":1}\n'.repeat(100_000))
    const seen: [number, number][] = []
    await read(aFile('progress.ndjson.gz', content), { onProgress: (...bytes) => seen.push(bytes) })
    expect(seen.at(-1)).toEqual([content.length, content.length])
  })

  test.runIf(process.platform === 'linux')('a reader that stops early leaves no file open', async () => {
    const openFiles = () => readdirSync('/proc/self/fd').map(targetOf)
    for (const path of [FIXTURE, aFile('early.ndjson', '{}\n'.repeat(500_000))]) {
      for await (const _ of readEvents(path)) {
        expect(openFiles()).toContain(path)
        break
      }
      expect(openFiles()).not.toContain(path)
    }
  })

  test('any JSON values come back from any kind of file', async () => {
    const kinds = [
      {
        extension: 'ndjson',
        write: (values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join(''),
      },
      { extension: 'json', write: (values: unknown[]) => JSON.stringify(values) },
      { extension: 'csv', write: (values: unknown[]) => ['v', ...values.map(csvCell)].join('\n') },
    ]
    const packings = [
      { extension: '', pack: (bytes: Buffer): Uint8Array => bytes },
      { extension: '.gz', pack: (bytes: Buffer) => gzipSync(bytes) },
      { extension: '.zst', pack: (bytes: Buffer) => zstdCompressSync(bytes) },
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.constantFrom(...kinds),
        fc.constantFrom(...packings),
        async (values, kind, packing) => {
          const content = packing.pack(Buffer.from(kind.write(values)))
          const records = await read(aFile(`values.${kind.extension}${packing.extension}`, content))
          const found = records.map(({ text }) => JSON.parse(text))
          const plain = kind.extension === 'csv' ? found.map(({ v }) => JSON.parse(v)) : found
          expect(plain).toEqual(JSON.parse(JSON.stringify(values)))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('records over many chunks are all there', async () => {
    const lines = Array.from({ length: 60_000 }, (_, n) => JSON.stringify({ n, text: 'é'.repeat(n % 40) }))
    const expected = lines.map((_, n) => n)
    for (const [name, content] of [
      ['many.ndjson', lines.join('\n')],
      ['many.json', `[${lines.join(', ')}]`],
      ['many.csv', ['n,text', ...lines.map((_, n) => `${n},${n % 100 === 0 ? '"a\nb"' : 'é'}`)].join('\n')],
    ] as const) {
      const records = await read(aFile(name, content))
      expect(records.map(({ text }) => Number(JSON.parse(text).n))).toEqual(expected)
    }
  })
})

describe('a file that cannot be read', () => {
  test.each([
    {
      name: 'a missing file',
      path: () => join(directory, 'missing.csv'),
      problem: 'there is no such file; check the path',
    },
    {
      name: 'a file as a directory',
      path: () => join(aFile('plain', ''), 'x.csv'),
      problem: 'there is no such file; check the path',
    },
    {
      name: 'a directory',
      path: () => directory,
      problem: 'is a directory; name the files in it, one by one or with a wildcard',
    },
    {
      name: 'UTF-16',
      path: () => aFile('utf16.csv', Buffer.from('\ufeffa,b\n', 'utf16le')),
      problem: 'is UTF-16 text; convert it first (iconv -f UTF-16 -t UTF-8)',
    },
    {
      name: 'a CSV header with a name twice',
      path: () => aFile('twice.csv', 'a,a\n'),
      problem: 'columns 1 and 2 are both named "a"; rename one of them in the header line',
    },
  ])('$name is refused by name, with the fix', async ({ path, problem }) => {
    const file = path()
    await expect(read(file)).rejects.toThrow(`${file}: ${problem}`)
  })

  test.each([
    { code: 'EACCES', message: 'x: may not be read; give this user read permission (chmod +r)' },
    { code: 'EPERM', message: 'x: may not be read; give this user read permission (chmod +r)' },
    { code: 'EIO', message: 'x: cannot be read (broken); check the disk or copy the file again' },
  ])('$code is told in words', ({ code, message }) => {
    expect(refused('x', Object.assign(new Error('broken'), { code })).message).toBe(message)
  })

  test.skipIf(process.getuid?.() === 0)('a file without read permission is refused', async () => {
    const path = aFile('secret.csv', 'a,b\n')
    chmodSync(path, 0o000)
    await expect(read(path)).rejects.toThrow('may not be read')
  })

  test('an archive that is cut short gives its whole records first, not the one it cuts', async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => JSON.stringify({ n, noise: Math.sin(n) }))
    const packed = gzipSync(`${lines.join('\n')}\n`)
    const path = aFile('cut.ndjson.gz', packed.subarray(0, packed.length / 2))
    const texts: string[] = []
    const reading = async () => {
      for await (const batch of readEvents(path)) {
        texts.push(...batch.map(({ bytes, start, end }) => Buffer.from(bytes.subarray(start, end)).toString()))
      }
    }
    await expect(reading()).rejects.toThrow(`${path}: the gzip archive is cut short`)
    expect(texts.length).toBeGreaterThan(8000)
    expect(texts).toEqual(lines.slice(0, texts.length))
  })
})

test.each([
  '[{"n":1},{"n":2}',
  '[{"n":1},{"n":2},\n',
  '[{"n":1},{"n":2',
])('a JSON array that is cut short gives what it has first, and says so: %s', async (content) => {
  const path = aFile('cut.json', content)
  let records = 0
  const reading = async () => {
    for await (const batch of readEvents(path)) records += batch.length
  }
  await expect(reading()).rejects.toThrow(`${path}: the JSON array is cut short`)
  expect(records).toBe(2)
})

describe('standard input', () => {
  const script = `
    import { readEvents } from '${new URL('../../consumer/files/read-events.ts', import.meta.url)}'
    let last
    for await (const batch of readEvents('-', { onProgress: (...bytes) => { last = bytes } })) {
      for (const { bytes, start, end } of batch) console.log(Buffer.from(bytes.subarray(start, end)).toString())
    }
    console.log(last.join())
  `

  test.each([
    { name: 'plain text', content: Buffer.from('{"a":1}\n{"b":2}\n') },
    { name: 'an archive', content: gzipSync('{"a":1}\n{"b":2}\n') },
  ])('is read as - with $name in it', async ({ content }) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    child.stdin.end(content)
    const output = (await child.stdout.setEncoding('utf8').toArray()).join('')
    expect(output).toBe(`{"a":1}\n{"b":2}\n${content.length},0\n`)
  })

  test('is named so in errors', () => {
    expect(refused('-', Object.assign(new Error('illegal operation'), { code: 'EISDIR' })).message).toMatch(
      /^standard input: /,
    )
  })
})

const csvCell = (value: unknown): string => `"${JSON.stringify(value).replaceAll('"', '""')}"`

/** What a descriptor is open on; undefined when it was closed meanwhile. */
function targetOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return undefined
  }
}
