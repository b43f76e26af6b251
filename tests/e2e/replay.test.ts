import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { parseExposition } from '../exposition.ts'
import { sumOf } from '../integration/machine.ts'
import { spawnStart, until } from '../running-start.ts'
import { runCommand } from './command-run.ts'
import { type RunningReplay, spawnReplay } from './running-replay.ts'

const REAL_FILE = join(import.meta.dirname, '../fixtures/rees46-first-2000.csv.gz')
const GO_ON = 'the same command with --resume goes on from there'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickstream-replay-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

const replay = (...args: string[]): RunningReplay =>
  spawnReplay('main', ['--progress-folder', join(folder, 'notes'), ...args])

/** The last line it printed. */
const lastLine = ({ stdout }: RunningReplay): string => stdout().trimEnd().split('\n').at(-1)!

/** Where a machine is slow, lines that tell how far it is come in between. */
const withoutProgress = (stderr: string): string => stderr.replaceAll(/^.* records sent, [\d,]+ a second\n/gm, '')

async function finish(...args: string[]): Promise<RunningReplay> {
  const running = replay(...args)
  const code = await running.ended
  expect({ code, stderr: withoutProgress(running.stderr()) }).toEqual({ code: 0, stderr: '' })
  return running
}

interface Line {
  readonly event_id: string
  readonly user_id: string
}

const linesOf = (path: string): Line[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Without the ids that were made, each event once, in the order it came first. */
function eventsIn(path: string): object[] {
  const byId = new Map(linesOf(path).map((line) => [line.event_id, line]))
  return [...byId.values()].map(({ event_id: _, ...event }) => event)
}

/** How far it is noted that a replay has come. */
function recordsNoted(): number {
  const notes = join(folder, 'notes')
  if (!existsSync(notes)) return 0
  const [note] = readdirSync(notes).filter((name) => name.endsWith('.json'))
  return note === undefined ? 0 : JSON.parse(readFileSync(join(notes, note), 'utf8')).position.records
}

async function wholeFile(): Promise<object[]> {
  const path = join(folder, 'whole.ndjson')
  await finish('--output', path, REAL_FILE)
  return eventsIn(path)
}

describe('a real file replayed into the embedded log', () => {
  test('makes the exporter show the totals of the report', async () => {
    const data = join(folder, 'data')
    expect(lastLine(await finish('--data', data, REAL_FILE))).toMatch(
      /^done: 2,000 records in [\d.]+ s, [\d,]+ a second; 0 dropped$/,
    )
    const times = ['--session-gap', '1s']
    const { stdout } = await runCommand('report', [...times, '--format', 'json', REAL_FILE])
    const report = JSON.parse(stdout)
    const flags = [...times, '--allowed-lateness', '1s', '--idle-advance', '1s', '--rate', '0']
    const exporter = await spawnStart(['--data', data, ...flags])
    onTestFinished(async () => {
      await exporter.end('SIGKILL')
    })
    const page = await until(async () => {
      const page = parseExposition(await (await fetch(`${exporter.url}/metrics`)).text())
      return sumOf(page, 'sessions_closed_total') === report.sessions_closed ? page : undefined
    }, `${report.sessions_closed} sessions to be closed`)
    const byLabel = (metric: string, label: string): Record<string, number> =>
      Object.fromEntries(
        [...page].flatMap(([series, value]) => {
          const [, name] = new RegExp(`^clickstream_${metric}\\{.*${label}="([^"]*)"`).exec(series) ?? []
          return name === undefined || value === 0 ? [] : [[name, value]]
        }),
      )
    const counted = (totals: Record<string, number>) =>
      Object.fromEntries(Object.entries(totals).filter(([, n]) => n > 0))
    expect(sumOf(page, 'records_consumed_total')).toBe(2_000)
    expect(byLabel('events_total', 'event')).toEqual(counted(report.events))
    expect(byLabel('sessions_bounced_total', 'definition')).toEqual(counted(report.sessions_bounced))
    expect(byLabel('revenue_total', 'currency')).toEqual({ __none__: Number(report.revenue.__none__) })
  })

  test('that another process has open is refused, with the fix', async () => {
    const data = join(folder, 'data')
    const exporter = await spawnStart(['--data', data, '--rate', '0'])
    onTestFinished(async () => {
      await exporter.end('SIGKILL')
    })
    const running = replay('--data', data, REAL_FILE)
    expect(await running.ended).toBe(1)
    expect(running.stderr()).toContain('another process has it open; stop that one')
  })
})

describe('a replay that was interrupted', () => {
  test('with kill -9 goes on with --resume: every event of the file is there once', async () => {
    const whole = await wholeFile()
    rmSync(join(folder, 'notes'), { recursive: true })
    const path = join(folder, 'events.ndjson')
    const killed = replay('--output', path, '--rate', '50', REAL_FILE)
    await until(async () => (recordsNoted() > 0 ? true : undefined), 'a position to be noted')
    killed.process.kill('SIGKILL')
    await killed.ended
    // As if the last write had been cut in two.
    appendFileSync(path, '{"event_id":"x","us')
    const noted = recordsNoted()
    expect(noted).toBeLessThan(2_000)

    const resumed = await finish('--output', path, '--resume', REAL_FILE)
    expect(resumed.stdout()).toContain(`going on behind record ${noted} of ${REAL_FILE}, file 1 of 1\n`)
    expect(lastLine(resumed)).toContain(`done: ${(2_000 - noted).toLocaleString('en-US')} records in `)
    expect(eventsIn(path)).toEqual(whole)
    const [id] = linesOf(path)[0]!.event_id.split('-')
    expect(new Set(linesOf(path).map(({ event_id }) => event_id.split('-')[0]))).toEqual(new Set([id]))

    const again = await finish('--output', path, '--resume', REAL_FILE)
    expect(again.stdout()).toBe(`all of it was replayed to ${path} before; leave --resume out to replay it again\n`)
    expect(eventsIn(path)).toEqual(whole)
  })

  test('with Ctrl-C ends at once, in order, and says how to go on', async () => {
    const path = join(folder, 'events.ndjson')
    const running = replay('--output', path, '--speed', '0.001', REAL_FILE, REAL_FILE)
    await running.says('the next record is due in')
    running.process.kill('SIGINT')
    expect(await running.ended).toBe(0)
    const { length } = linesOf(path)
    expect(lastLine(running)).toMatch(new RegExp(`^stopped after ${length} records in .*; 0 dropped; ${GO_ON}$`))
    expect(running.stdout().match(/stopped after/g)).toHaveLength(1)
    expect(recordsNoted()).toBe(length)

    const resumed = await finish('--output', path, '--resume', REAL_FILE, REAL_FILE)
    expect(lastLine(resumed)).toContain(`done: ${(4_000 - length).toLocaleString('en-US')} records in `)
    expect(linesOf(path)).toHaveLength(4_000)
    expect(new Set(linesOf(path).map(({ event_id }) => event_id)).size).toBe(4_000)
  })

  test('by its limit goes on behind it; begun anew it begins at the start', async () => {
    const path = join(folder, 'events.ndjson')
    const flags = ['--output', path, '--limit', '700', REAL_FILE]
    expect(lastLine(await finish(...flags))).toMatch(new RegExp(`^done: 700 records in .*; ${GO_ON}$`))
    await finish(...flags, '--resume')
    expect(linesOf(path)).toHaveLength(1_400)
    await finish(...flags)
    expect(linesOf(path)).toHaveLength(700)
    expect(recordsNoted()).toBe(700)
  })

  test('is not gone on with when its file has changed', async () => {
    const file = join(folder, 'events.csv')
    const header = 'event_time,event_type,user_id\n'
    writeFileSync(file, `${header}2019-10-01 00:00:00 UTC,view,1\n2019-10-01 00:00:01 UTC,view,2\n`)
    await finish('--output', join(folder, 'out'), '--limit', '1', file)
    appendFileSync(file, '2019-10-01 00:00:02 UTC,view,3\n')
    const running = replay('--output', join(folder, 'out'), '--resume', file)
    expect(await running.ended).toBe(1)
    expect(running.stderr()).toContain(`${file} has changed since it was replayed`)
    expect(linesOf(join(folder, 'out'))).toHaveLength(1)
  })

  test('nobody has noted begins at the start, and says so', async () => {
    const path = join(folder, 'events.ndjson')
    const running = await finish('--output', path, '--resume', REAL_FILE)
    expect(running.stdout()).toContain('nothing is noted of this replay: it begins at the start\n')
    expect(linesOf(path)).toHaveLength(2_000)
  })
})

describe('standard input', () => {
  test('is sent as it comes, and standard output has nothing but the events', async () => {
    const running = replay('--output', '-', '-')
    running.process.stdin.write('{"user_id":1,"action":"view","timestamp":1700000000}\n')
    await running.says('"user_id":1')
    running.process.stdin.end('{"user_id":2,"action":"view","timestamp":1700000001}\nbroken\n')
    expect(await running.ended).toBe(0)
    const [first, second, third] = running.stdout().split('\n')
    expect([first, second].map((line) => JSON.parse(line!).user_id)).toEqual([1, 2])
    expect(third).toBe('broken')
    expect(running.stderr()).toContain('done: 3 records in ')
  })

  test('cannot be resumed', async () => {
    const running = replay('--output', '-', '--resume', '-')
    expect(await running.ended).toBe(1)
    expect(running.stderr()).toContain('leave --resume out, or name files')
  })
})

test('a CSV file of user events has the numbers that the exporter wants as numbers', async () => {
  const file = join(folder, 'events.csv')
  writeFileSync(file, 'user_id,action,timestamp,price\nann,view,1700000000.5,1.50\nbob,view,soon,\n')
  const path = join(folder, 'out')
  await finish('--output', path, file)
  const [ann, bob] = readFileSync(path, 'utf8').split('\n')
  expect(ann).toMatch(
    /^\{"event_id":"\w+-1-2","user_id":"ann","action":"view","timestamp":1700000000.5,"price":1.50\}$/,
  )
  expect(bob).toBe('{"user_id":"bob","action":"view","timestamp":"soon"}')
})

test('an endpoint is told every record, and what it rejects is counted and named', async () => {
  let got = 0
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { records } = JSON.parse(body) as { records: { user_id?: string }[] }
    got += records.length
    const rejected = records.flatMap(({ user_id }, index) =>
      user_id === undefined ? [{ index, reason: 'missing_user' }] : [],
    )
    response.end(JSON.stringify({ status: 'accepted', processed: records.length - rejected.length, rejected }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const file = join(folder, 'events.ndjson')
  const event = (user: object): string => `${JSON.stringify({ ...user, action: 'view', timestamp: 1_700_000_000 })}\n`
  writeFileSync(file, `${event({ user_id: 'ann' }).repeat(700)}${event({}).repeat(3)}`)
  const running = replay('--endpoint', `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, file)
  expect(await running.ended).toBe(0)
  expect(got).toBe(703)
  expect(lastLine(running)).toMatch(/^done: 703 records in .*; 0 dropped, 3 rejected by the endpoint$/)
  expect(withoutProgress(running.stderr())).toBe(
    'rejected, missing_user: {"action":"view","timestamp":1700000000}\n'.repeat(3),
  )
})

test.each([
  ['that is not there', 'nowhere.csv', 'there is no such file; check the path'],
  ['that is a folder', '', 'is a directory; name the files in it'],
  ['that is an address', 'https://example.com/events.csv', 'is an address, not a file; fetch it first'],
])('a file %s is refused before anything is sent', async (_what, name, fix) => {
  const path = join(folder, 'out')
  const running = replay('--output', path, REAL_FILE, name.includes(':') ? name : join(folder, name))
  expect(await running.ended).toBe(1)
  expect(running.stderr()).toContain(fix)
  expect(existsSync(path)).toBe(false)
})

test('a file that is cut short ends it with code 1, behind what could be read', async () => {
  const file = join(folder, 'events.csv.gz')
  writeFileSync(file, readFileSync(REAL_FILE).subarray(0, 40_000))
  const path = join(folder, 'out')
  const running = replay('--output', path, file)
  expect(await running.ended).toBe(1)
  expect(running.stderr()).toContain('the gzip archive is cut short')
  expect(linesOf(path).length).toBeGreaterThan(100)
  expect(lastLine(running)).toContain(`stopped after ${linesOf(path).length.toLocaleString('en-US')} records in `)
})
