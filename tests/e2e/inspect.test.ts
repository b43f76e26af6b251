import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ndjson, runCommand, someFiles } from './command-run.ts'

const REAL_FILE = join(import.meta.dirname, '../fixtures/rees46-first-2000.csv.gz')

const HOME = { event_id: 'e1', user_id: 7, action: 'view', page: '/product/17?x=1', timestamp: 1714557600 }

async function inspected(args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand('inspect', args)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout
}

describe('inspect shows', () => {
  test('the event a record becomes, with its dialect and page label', async () => {
    const [file] = someFiles({ 'events.ndjson': ndjson([HOME]) }) as [string]
    expect(await inspected([file])).toBe(`${file}:1: accepted
  dialect user-events, time 2024-05-01T10:00:00.000Z, page label /product/:id
  {
    "eventId": "e1",
    "userId": "7",
    "type": "page_view",
    "page": "/product/17?x=1",
    "timeMs": 1714557600000
  }

1 record: 1 accepted, 0 dropped, 0 rejected
`)
  })

  test('why a record is none, with what to do about it and its beginning', async () => {
    const [file] = someFiles({ 'events.ndjson': ndjson([HOME, { action: 'view', timestamp: 1 }]) }) as [string]
    expect(await inspected([file])).toContain(`${file}:2: rejected, missing_user
  There is no user id where the dialect has it, or it is empty. Send one with every event, or correct the mapping.
  record: {"action":"view","timestamp":1}
`)
  })

  test('what is late or a duplicate, as the pipeline judges it', async () => {
    const records = [HOME, HOME, { ...HOME, event_id: 'e2', timestamp: HOME.timestamp - 601 }]
    const output = await inspected([...someFiles({ 'events.ndjson': ndjson(records) }), '--allowed-lateness', '10m'])
    expect(output).toMatch(/:2: dropped, duplicate$/m)
    expect(output).toMatch(/:3: dropped, late$/m)
    expect(output).toContain('3 records: 1 accepted, 2 dropped, 0 rejected\n  late 1\n  duplicate 1\n')
  })

  test('what a mapping makes of a record, and that its time unit may be wrong', async () => {
    const [mapping, file] = someFiles({
      'map.yaml': 'fields: { userId: u, type: e, time: t }\ntime: milliseconds\n',
      'own.ndjson': ndjson([{ u: 'ann', e: 'click', t: 1714557600 }]),
    }) as [string, string]
    const output = await inspected([file, '--mapping', mapping])
    expect(output).toContain('dialect custom, time 1970-01-20T20:15:57.600Z')
    expect(output).toContain('note: a time before 1990, is the time unit')
  })

  test('rows of a CSV file by their line, 20 unless told otherwise', async () => {
    const output = await inspected([REAL_FILE])
    expect(output.match(/: accepted$/gm)).toHaveLength(20)
    expect(output).toContain(`${REAL_FILE}:2: accepted`)
    expect(output).toContain('20 records: 20 accepted, 0 dropped, 0 rejected\nstopped after 20 records')
  })

  test('as many records as asked for, over all files', async () => {
    const [one, two] = someFiles({ 'one.ndjson': ndjson([HOME, HOME]), 'two.ndjson': ndjson([HOME, HOME]) })
    const three = await inspected([one!, two!, '--limit', '3'])
    expect(three).toMatch(/3 records: .*\n {2}duplicate 2\nstopped after 3 records, --limit shows more\n$/)
    expect(await inspected([one!, two!, '--limit', '4'])).not.toContain('stopped')
  })

  test('nothing that would make a terminal do something', async () => {
    const hostile = [{ ...HOME, page: '/\u001b[31m\u009b2J' }, '\u001b]0;owned\u0007']
    const output = await inspected(someFiles({ 'events.ndjson': ndjson(hostile) }))
    expect(output).not.toMatch(/[^\P{Cc}\n]/u)
  })
})

describe('inspect ends', () => {
  test('quietly when its reader has seen enough', async () => {
    const { exitCode, signal, stderr } = await runCommand('inspect', [REAL_FILE, '--limit', '2000'], {
      closeStdoutAfter: 1,
    })
    expect({ exitCode, signal, stderr }).toEqual({ exitCode: 0, signal: null, stderr: '' })
  })

  test('with exit code 1 for a file that is not there', async () => {
    const { exitCode, stderr } = await runCommand('inspect', ['not-there.ndjson'])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'inspect: not-there.ndjson: there is no such file; check the path\n',
    })
  })

  test('with exit code 2 and the flag that was meant', async () => {
    const { exitCode, stderr } = await runCommand('inspect', [REAL_FILE, '--limt', '3'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('(did you mean --limit?)')
  })

  test('with exit code 2 and the lines of a faulty mapping', async () => {
    const [mapping] = someFiles({ 'map.yaml': 'fields: { userId: u, time: t }\n' }) as [string]
    const { exitCode, stdout, stderr } = await runCommand('inspect', [REAL_FILE, '--mapping', mapping])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(`fields.type (${mapping}:1): is missing`)
  })
})
