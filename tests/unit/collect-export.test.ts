import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { BUILT_IN_DIALECTS } from '../../consumer/contract/dialects.ts'
import type { RecordBatch } from '../../consumer/contract/log-port.ts'
import type { LogView } from '../../consumer/contract/log-view.ts'
import { type EventTimeOptions, EventTimes } from '../../producer/collect/event-times.ts'
import { exportLog } from '../../producer/collect/export.ts'
import { exportQuery } from '../../producer/collect/export-query.ts'
import { PartitionCursor } from '../../producer/collect/partition-cursor.ts'
import { type ExportFormat, RecordText } from '../../producer/collect/record-text.ts'
import { aClickEvent, at } from '../builders.ts'
import { aCollectedLog } from '../collected-log.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'
import { recordOf } from '../dialect-records.ts'

const { signal } = new AbortController()
const core = { ...coreOptions(aReferenceRun()), dialect: 'auto' as const }

describe('what an export asks for', () => {
  test.each([
    ['/export', { format: 'json', fromMs: undefined, toMs: undefined, limit: undefined }],
    ['/export?', { format: 'json' }],
    ['/export?format=ndjson&limit=5', { format: 'ndjson', limit: 5 }],
    ['/export?from=2024-05-01T09:00:00Z&to=2024-05-02', { fromMs: at('09:00:00'), toMs: at('24:00:00') }],
    ['/export?from=2024-05-01T11:00:00%2B02:00', { fromMs: at('09:00:00') }],
    ['/export?from=2024-05-01&to=2024-05-01', { fromMs: at('00:00:00'), toMs: at('00:00:00') }],
  ])('is read from %s', (url, query) => {
    expect(exportQuery(url)).toMatchObject(query)
  })

  test.each([
    ['/export?fromat=json', '"fromat" is no parameter (did you mean format?); there are format, from, to and limit'],
    ['/export?x', '"x" is no parameter; there are format, from, to and limit'],
    ['/export?format=csv', 'format: "csv": write json or ndjson'],
    ['/export?from=yesterday', 'from: "yesterday": write a time since 1970 such as 2025-01-31T18:00:00Z'],
    ['/export?to=1714554000', 'to: "1714554000": write a time since 1970'],
    ['/export?to=2024-05-01T11:00:00+02:00', '2025-01-31T18:00:00Z (in an address a + is written %2B)'],
    ['/export?from=2024-05-02&to=2024-05-01', 'to: is before from, write a later time'],
    ['/export?limit=0', 'limit: "0": write a whole number from 1 to'],
    ['/export?limit=1&limit=2', 'limit: stands there twice, take one out'],
  ])('is refused with the fix: %s', (url, fix) => {
    const refusal = expect.objectContaining({ status: 400, reason: 'invalid_parameter' })
    expect(() => exportQuery(url)).toThrow(refusal)
    expect(() => exportQuery(url)).toThrow(fix)
  })
})

describe('the time of an event', () => {
  const timeOf = (text: string, options: Partial<EventTimeOptions> = {}): number => {
    const bytes = Buffer.from(`..${text}..`)
    return new EventTimes({ ...core, ...options }).of(bytes, 2, bytes.length - 2)
  }

  test.each(Object.values(BUILT_IN_DIALECTS).map(({ name }) => name))('is read from a record of %s', (dialect) => {
    const record = recordOf(aClickEvent({ at: '09:00:05' }), dialect)
    expect(timeOf(Buffer.from(record).toString())).toBe(at('09:00:05'))
  })

  test.each([
    ['an event that is not valid for another reason', '{"action":"view","timestamp":7.5,"price":-1}', 7_500],
    ['a time with escapes', '{"event_type":"click","timestamp":"1970-01-01T00:00:01\\u005a"}', 1_000],
    ['no time', '{"action":"view"}', Number.NaN],
    ['a time of another kind', '{"action":"view","timestamp":{}}', Number.NaN],
    ['a number where a text should be', '{"event_type":"click","timestamp":1714554000}', Number.NaN],
    ['a text where a number should be', '{"action":"view","timestamp":"1714554000"}', Number.NaN],
    ['a wrong unit', '{"action":"view","timestamp":1714554000000}', Number.NaN],
    ['an unknown shape', '{"when":7}', Number.NaN],
    ['broken JSON', '{"action":"view","timestamp":7', Number.NaN],
  ])('is %s: %s gives %d', (_what, text, timeMs) => {
    expect(timeOf(text)).toBe(timeMs)
  })

  test('may be a number as text where numbers may be', () => {
    expect(timeOf('{"action":"view","timestamp":"7"}', { numbersAsStrings: true })).toBe(7_000)
  })
})

describe('the text of records', () => {
  /** All of it, and the chunks it came in. */
  function textOf(format: ExportFormat, records: readonly (string | Uint8Array)[]) {
    const text = new RecordText(format)
    const chunks = records.flatMap((record) => {
      const bytes = Buffer.concat([Buffer.from('{'), Buffer.from(record), Buffer.from('}')])
      return text.add(bytes, 1, bytes.length - 1) ?? []
    })
    chunks.push(text.end())
    return { text: Buffer.concat(chunks).toString(), chunks, records: text.records }
  }

  test.each([
    ['json', [], '[\n\n]\n'],
    ['json', ['{"a":1}'], '[\n{"a":1}\n]\n'],
    ['json', ['{"a":1}', '{"b":2}'], '[\n{"a":1},\n{"b":2}\n]\n'],
    ['ndjson', [], ''],
    ['ndjson', ['{"a":1}', '{"b":2}'], '{"a":1}\n{"b":2}\n'],
  ] as const)('is %s of %j', (format, records, text) => {
    expect(textOf(format, records)).toMatchObject({ text, records: records.length })
  })

  test.each([
    ['an event over several lines', '{\r\n  "a": "x\\ny"\n}', '{    "a": "x\\ny" }'],
    ['a long number, to the digit', '{"n":12345678901234567890.10}', '{"n":12345678901234567890.10}'],
    ['JSON that is no object', '[1, "two", null]', '[1, "two", null]'],
    ['a key that events may not have', '{"__proto__":\n1}', '{"__proto__": 1}'],
    [
      'what is nested too deep for an event',
      `${'['.repeat(80)}\n${']'.repeat(80)}`,
      `${'['.repeat(80)} ${']'.repeat(80)}`,
    ],
    ['nothing', '', '""'],
    ['broken JSON', '{"a":\n1', '"{\\"a\\":\\n1"'],
    ['a byte order mark', '\ufeff{"a":1}', '"\ufeff{\\"a\\":1}"'],
    ['what is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), '"\\"\ufffd\\""'],
  ])('keeps %s on one line', (_what, record, line) => {
    expect(textOf('ndjson', [record]).text).toBe(`${line}\n`)
    expect(() => JSON.parse(line)).not.toThrow()
  })

  test('comes in chunks of 64 KiB, a longer record in one of its own, with nothing lost between them', () => {
    const records = [100, 70_000, 65_536, 65_530, 3, 30_000, 40_000, 131_072].map((length) => `"${'x'.repeat(length)}"`)
    const { text, chunks } = textOf('json', records)
    expect(JSON.parse(text)).toEqual(records.map((record) => JSON.parse(record)))
    for (const chunk of chunks) expect(chunk.length > 0 && chunk.length <= 131_072 + 8).toBe(true)
    expect(chunks.length).toBeGreaterThan(5)
  })
})

describe('an export of a log', () => {
  const anEvent = (time: string): string => Buffer.from(recordOf(aClickEvent({ at: time }), 'records')).toString()

  async function exported(view: LogView, address = ''): Promise<string[]> {
    const query = exportQuery(`/export?format=ndjson${address}`)
    const text = await buffer(await exportLog({ view, core, query, signal }))
    return text.toString().split('\n').slice(0, -1)
  }

  test('brings partitions together by log time, each in its order', async () => {
    const { log, write, at: setClock } = aCollectedLog({ partitions: 3, readBatchBytes: 1 })
    const written: string[] = []
    for (const [second, partition] of [2, 0, 1, 1, 2, 0, 0, 2].entries()) {
      setClock(at(`09:00:0${second}`))
      const texts = [0, 1].map((place) => `{"second":${second},"partition":${partition},"place":${place}}`)
      await write(texts, partition)
      written.push(...texts)
    }
    expect(await exported(log)).toEqual(written)
  })

  test('takes the lower partition first where log times are the same', async () => {
    const { log, write } = aCollectedLog({ partitions: 2 })
    await write(['2', '3'], 1)
    await write(['0', '1'], 0)
    expect(await exported(log)).toEqual(['0', '1', '2', '3'])
  })

  test('ends where the log ended when it began', async () => {
    const { log, write } = aCollectedLog()
    await write(['1', '2'])
    const query = exportQuery('/export?format=ndjson')
    const chunks = await exportLog({ view: log, core, query, signal })
    await write(['3'])
    expect((await buffer(chunks)).toString()).toBe('1\n2\n')
  })

  test.each([
    ['from is included', '&from=2024-05-01T09:00:01Z', ['09:00:01', '09:00:02']],
    ['to is not', '&to=2024-05-01T09:00:01Z', ['09:00:00', '09:00:00.999']],
    ['both', '&from=2024-05-01T09:00:00.999Z&to=2024-05-01T09:00:02Z', ['09:00:00.999', '09:00:01']],
    ['both the same', '&from=2024-05-01T09:00:01Z&to=2024-05-01T09:00:01Z', []],
  ])('holds the events of a time, and nothing without one: %s', async (_what, address, times) => {
    const { log, write } = aCollectedLog()
    const all = ['09:00:00', '09:00:02', '09:00:00.999', '09:00:01']
    await write([...all.map(anEvent), '{"no":"time"}', 'no event'])
    const wanted = all.filter((time) => times.includes(time)).map(anEvent)
    expect(await exported(log, address)).toEqual(wanted)
  })

  test('ends at its limit, which counts what passed the filter', async () => {
    const { log, write } = aCollectedLog()
    await write(['09:00:00', '10:00:00', '09:00:00', '11:00:00', '12:00:00'].map(anEvent))
    expect(await exported(log, '&limit=2&from=2024-05-01T10:00:00Z')).toEqual(['10:00:00', '11:00:00'].map(anEvent))
  })

  test('is empty where there is no partition', async () => {
    const { log } = aCollectedLog()
    const missing: LogView = {
      partitions: async () => 0,
      bounds: (partition) => log.bounds(partition),
      read: (...asked) => log.read(...asked),
    }
    expect(await exported(missing)).toEqual([])
  })
})

describe('one partition that is read to its end', () => {
  /** Answers the reads with these batches, one after another, then with the last one again and again. */
  async function offsetsOf(batches: readonly Partial<RecordBatch>[], endOffset: number): Promise<number[]> {
    let reads = 0
    const view: Pick<LogView, 'read'> = {
      read: async (_partition, from) => ({
        ...{ records: [], nextOffset: from, startOffset: 0, endOffset, appendTime: true, identity: 'one' },
        ...batches[Math.min(reads++, batches.length - 1)],
      }),
    }
    const cursor = new PartitionCursor(view, 0, { startOffset: 0, endOffset, identity: 'one' })
    const offsets: number[] = []
    for (;;) {
      await cursor.fill(signal)
      if (cursor.head === undefined) return offsets
      offsets.push(cursor.head.offset)
      cursor.advance()
    }
  }

  const recordsAt = (...offsets: number[]): Pick<RecordBatch, 'records' | 'nextOffset'> => ({
    records: offsets.map((offset) => ({ offset, logTimeMs: 0, bytes: Buffer.from('1'), start: 0, end: 1 })),
    nextOffset: offsets.at(-1)! + 1,
  })

  test.each([
    ['gives no record behind that end', [recordsAt(0, 1), recordsAt(2, 3, 4)], 3, [0, 1, 2]],
    ['passes over offsets without a record', [recordsAt(0), { nextOffset: 3 }, recordsAt(3, 4)], 5, [0, 3, 4]],
    ['passes over what was deleted meanwhile', [recordsAt(0), { startOffset: 4 }, recordsAt(4)], 5, [0, 4]],
    ['waits for what a new leader does not know yet', [recordsAt(0), {}, {}, {}, recordsAt(1)], 2, [0, 1]],
    ['ends where an open transaction begins', [recordsAt(0), {}], 2, [0]],
  ])('%s', async (_what, batches, endOffset, offsets) => {
    expect(await offsetsOf(batches, endOffset)).toEqual(offsets)
  })

  test.each([
    ['was made again', [recordsAt(0), { identity: 'two' }], 'partition 0: the log was deleted and made again'],
    ['is shorter than it was', [recordsAt(0), { endOffset: 1 }], 'partition 0: the log ends at 1, and ended at 2'],
  ])('is not taken for whole when the log %s', async (_what, batches, fault) => {
    await expect(offsetsOf(batches, 2)).rejects.toThrow(fault)
  })
})
