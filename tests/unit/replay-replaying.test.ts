import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Destination } from '../../producer/destination.ts'
import { startReplaying } from '../../producer/replay/replaying.ts'
import { openFileSink } from '../../producer/sinks/lines-sink.ts'
import { until } from '../running-start.ts'

/** A file of three records and what replays it into another, until the test is over. */
function aFile() {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-replaying-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const input = join(folder, 'in.ndjson')
  const output = join(folder, 'out.ndjson')
  const lines = '{"n":1}\n{"n":2}\n{"n":3}\n'
  writeFileSync(input, lines)
  const into: Destination = { inWords: output, kafka: undefined, open: (words) => openFileSink(output, words) }
  const printed: string[] = []
  const start = (words: { destination?: Destination; resume?: boolean; mostRecords?: number | undefined } = {}) =>
    startReplaying({
      paths: [input],
      reading: { format: undefined, columns: undefined, numericColumns: undefined },
      destination: into,
      preparation: () => (record) => ({
        key: 'ann',
        value: record.bytes.subarray(record.start, record.end),
        timeMs: undefined,
      }),
      print: (line) => void printed.push(line),
      terminal: { write: () => true },
      steadyNow: () => performance.now(),
      mostRecords: undefined,
      replaySpeed: undefined,
      replayRate: undefined,
      resume: false,
      progressFolder: join(folder, 'replay'),
      ...words,
    })
  const run = async (words: Parameters<typeof start>[0]): Promise<void> => {
    const { finished, stop } = await start(words)
    await finished
    await stop()
  }
  return { into, lines, printed, start, run, written: () => readFileSync(output, 'utf8') }
}

test.each([
  ['stopped', 2],
  ['done', undefined],
])('begun anew after one that was %s and killed while it opens its output, a replay is resumed at its start', async (_, mostRecords) => {
  const { into, lines, start, run, written } = aFile()
  await run({ mostRecords })
  expect(written().split('\n')).toHaveLength((mostRecords ?? 3) + 1)
  let isOpen = false
  // What follows never happens: the process is gone.
  const killed: Destination = {
    ...into,
    open: async (words) => {
      await (await into.open(words)).close()
      isOpen = true
      return new Promise<never>(() => {})
    },
  }
  void start({ destination: killed })
  await until(async () => (isOpen ? true : undefined), 'the output to be emptied')
  expect(written()).toBe('')
  await run({ resume: true })
  expect(written()).toBe(lines)
})

test('begun anew where the output cannot be written, a replay can be resumed where it was', async () => {
  const { into, lines, printed, start, run, written } = aFile()
  await run({ mostRecords: 2 })
  const refused: Destination = { ...into, open: (words) => openFileSink('/no/such/folder/out.ndjson', words) }
  await expect(start({ destination: refused })).rejects.toThrow('check --output')
  await run({ resume: true })
  expect(printed).toContainEqual(expect.stringContaining('going on behind record 2 of '))
  expect(written()).toBe(lines)
})
