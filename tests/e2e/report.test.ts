import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { EventType } from '../../consumer/contract/click-event.ts'
import type { Totals } from '../../consumer/report/totals.ts'
import type { ReferenceEvent, ReferenceOptions } from '../../producer/oracle/event.ts'
import { reference } from '../../producer/oracle/reference.ts'
import { aReferenceRun } from '../core-run.ts'
import { ndjson, type RunWords, runCommand, someFiles } from './command-run.ts'

const REAL_FILE = join(import.meta.dirname, '../fixtures/rees46-first-2000.csv.gz')
const REAL_CSV = gunzipSync(readFileSync(REAL_FILE)).toString()
const [HEADER = '', ...ROWS] = REAL_CSV.trimEnd().split('\n')

async function reportOf(args: readonly string[], words: RunWords = {}): Promise<Totals> {
  const { exitCode, stdout, stderr } = await runCommand('report', [...args, '--format', 'json'], words)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** The words of the real file in the contract's terms; no cell of it holds a comma or a quote. */
const TYPES: Readonly<Record<string, EventType>> = { view: 'page_view', cart: 'add_to_cart', purchase: 'purchase' }

const realEvents: ReferenceEvent[] = ROWS.map((row) => {
  const [time = '', type = '', , , , , price = '', user = '', session = ''] = row.split(',')
  const timeMs = Date.parse(time.replace(' UTC', 'Z').replace(' ', 'T'))
  const [units = '', cents = ''] = price.split('.')
  const priceMicros = BigInt(units + cents.padEnd(6, '0'))
  return { user, session, type: TYPES[type]!, timeMs, logTimeMs: timeMs, priceMicros }
})

/** What an independent sort-and-split of the real file says, in the report's words. */
function expectedOf(events: readonly ReferenceEvent[], options: Partial<ReferenceOptions>): Partial<Totals> {
  const expected = reference(events, aReferenceRun({ allowedLatenessMs: Infinity, appendTime: false, ...options }), {
    finalWatermarkMs: Infinity,
  })
  const micros = expected.revenueMicros.get('__none__')!
  return {
    records_consumed: expected.consumed,
    events_accepted: expected.accepted,
    events: expected.events,
    page_views: Object.fromEntries(expected.pageViews),
    clicks: {},
    sessions_closed: expected.sessionsClosed,
    sessions_bounced: expected.sessionsBounced,
    sessions_with_event: expected.sessionsWithEvent,
    session_duration_seconds_sum: expected.sessionDurationSumMs / 1000,
    revenue: { __none__: `${micros / 1_000_000n}.${String((micros % 1_000_000n) / 10_000n).padStart(2, '0')}` },
    users: expected.users,
  }
}

describe('the first 2,000 rows of a real file', () => {
  test.each([
    ['by user, with a gap of 30 minutes', [], {}],
    ['with a gap of 5 minutes', ['--session-gap', '5m'], { gapMs: 300_000 }],
    ['with a gap of 10 seconds', ['--session-gap', '10s'], { gapMs: 10_000 }],
    ['by user and session id', ['--session-key', 'session'], { sessionKey: 'session' as const }],
  ])('add up to what an independent sort-and-split says, %s', async (_name, flags, options) => {
    const totals = await reportOf([REAL_FILE, ...flags])
    expect(totals).toMatchObject(expectedOf(realEvents, options))
    const { view, cart, purchase } = totals.funnels.purchase!
    const funnel = reference(realEvents, aReferenceRun({ allowedLatenessMs: Infinity, ...options }), {
      finalWatermarkMs: Infinity,
    }).funnelSessions.get('purchase')!
    expect({ view, cart, purchase }).toEqual(Object.fromEntries(funnel))
  })

  test('count every exact duplicate row, unless --dedupe-rows asks otherwise', async () => {
    const seen = new Set<string>()
    const distinct = realEvents.filter((_, index) => !seen.has(ROWS[index]!) && seen.add(ROWS[index]!))
    const [doubled] = someFiles({ 'doubled.csv': `${HEADER}\n${[...ROWS, ...ROWS].join('\n')}\n` }) as [string]
    expect((await reportOf([doubled])).records_consumed).toBe(4000)
    const totals = await reportOf([doubled, '--dedupe-rows'])
    expect(totals).toMatchObject({ ...expectedOf(distinct, {}), records_consumed: 4000 })
    expect(totals.events_dropped).toEqual({ late: 0, duplicate: 4000 - distinct.length, bot: 0 })
  })

  test('make one stream when they lie in several files, of whatever kind', async () => {
    const asJson = (row: string) => {
      const cells = row.split(',')
      return Object.fromEntries(HEADER.split(',').map((name, column) => [name, cells[column]]))
    }
    const files = someFiles({
      '1.csv': `${HEADER}\n${ROWS.slice(0, 500).join('\n')}\n`,
      '2.csv.gz': gzipSync(`${HEADER}\r\n${ROWS.slice(500, 900).join('\r\n')}`),
      '3.csv.zst': zstdCompressSync(`${HEADER}\n${ROWS.slice(900, 1300).join('\n')}\n`),
      '4.ndjson': ndjson(ROWS.slice(1300, 1600).map(asJson)),
      '5.json': JSON.stringify(ROWS.slice(1600).map(asJson)),
    })
    expect(await reportOf(files)).toEqual(await reportOf([REAL_FILE]))
  })

  test('without their header line, when --columns names the columns', async () => {
    const [headerless] = someFiles({ 'rows.csv': `${ROWS.join('\n')}\n` }) as [string]
    expect(await reportOf([headerless, '--columns', HEADER])).toEqual(await reportOf([REAL_FILE]))
  })

  test('from standard input', async () => {
    const totals = await reportOf(['-'], { stdin: Buffer.from(REAL_CSV) })
    expect(totals).toEqual(await reportOf([REAL_FILE]))
  })

  test('are shown as a table for people', async () => {
    const { stdout, exitCode } = await runCommand('report', [REAL_FILE])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^RECORDS\n {2}consumed +2,000\n {2}accepted +2,000 +100\.0 %\n/)
    expect(stdout).toMatch(/^ {2}page_view +1,973 +98\.\d %$/m)
    for (const heading of ['EVENTS', 'SESSIONS', 'FUNNEL purchase', 'REVENUE', 'PAGE VIEWS'])
      expect(stdout).toMatch(new RegExp(`^${heading}$`, 'm'))
    expect(stdout).not.toMatch(/[^\S\n]$/m)
  })
})

/** The same three events in every dialect: ann views and buys for 19.99, bob clicks two minutes later. */
const SAME_EVENTS: Readonly<Record<string, readonly object[]>> = {
  'user-events': [
    { user_id: 'ann', action: 'view', page: '/home', timestamp: 1714557600 },
    { user_id: 'ann', action: 'purchase', price: 19.99, timestamp: 1714557660.5 },
    { user_id: 'bob', action: 'click', page: '/home', timestamp: 1714557780 },
  ],
  records: [
    { user_id: 'ann', event_type: 'page_view', timestamp: '2024-05-01T10:00:00Z', properties: { page: '/home' } },
    { user_id: 'ann', event_type: 'purchase', timestamp: '2024-05-01T10:01:00.5Z', properties: { price: 19.99 } },
    { user_id: 'bob', event_type: 'click', timestamp: '2024-05-01T10:03:00Z', properties: { page: '/home' } },
  ],
  ecommerce: [
    { user_id: 'ann', event_type: 'page_view', event_ts: '2024-05-01T10:00:00Z', page: '/home' },
    { user_id: 'ann', event_type: 'purchase', event_ts: '2024-05-01T10:01:00.5Z', price: 19.99 },
    { user_id: 'bob', event_type: 'click', event_ts: '2024-05-01T10:03:00Z', page: '/home' },
  ],
}
const USER_EVENTS = SAME_EVENTS['user-events']!

const THEIR_TOTALS = {
  records_consumed: 3,
  events_accepted: 3,
  page_views: { '/home': 1 },
  clicks: { '/home': 1 },
  sessions_closed: 2,
  sessions_bounced: { single_page: 1, no_interaction: 0, ga4: 1 },
  session_duration_seconds_sum: 60.5,
  revenue: { __none__: '19.99' },
  users: 2,
}

describe('files of every dialect', () => {
  test.each(Object.entries(SAME_EVENTS))('%s', async (_name, events) => {
    const [file] = someFiles({ 'events.ndjson': ndjson(events) }) as [string]
    expect(await reportOf([file])).toMatchObject(THEIR_TOTALS)
  })

  test('all of them mixed, told apart by each record', async () => {
    const mixed = ['user-events', 'records', 'ecommerce'].map((name, index) => SAME_EVENTS[name]![index])
    const [file] = someFiles({ 'events.ndjson': ndjson(mixed) }) as [string]
    expect(await reportOf([file])).toMatchObject(THEIR_TOTALS)
  })

  test.each([
    ['auto', 'events.csv', []],
    ['the dialect by name', 'events.csv', ['--dialect', 'user-events']],
    ['a name that does not tell the format', 'events', []],
  ])('a CSV file, whose numbers are text, with %s', async (_name, file, flags) => {
    const csv = `user_id,action,page,timestamp,price
ann,view,/home,1714557600,
ann,purchase,,1714557660.5,19.99
bob,click,/home,1714557780,
`
    expect(await reportOf([...someFiles({ [file]: csv }), ...flags])).toMatchObject(THEIR_TOTALS)
  })

  test('numbers as text are still a fault of JSON', async () => {
    const [file] = someFiles({ 'events.ndjson': ndjson([{ ...USER_EVENTS[0], timestamp: '1714557600' }]) }) as [string]
    expect((await reportOf([file])).records_rejected).toMatchObject({ number_as_string: 1 })
  })

  test('a shape of one’s own, with a mapping', async () => {
    const [mapping, file] = someFiles({
      'map.yaml': `fields: { userId: who.id, type: what, time: at, page: where, price: paid }
time: milliseconds
types: { seen: page_view, bought: purchase, pressed: click }
constants: { currency: EUR }
`,
      'own.ndjson': ndjson([
        { who: { id: 'ann' }, what: 'seen', at: 1714557600000, where: '/home' },
        { who: { id: 'ann' }, what: 'bought', at: 1714557660500, paid: 19.99 },
        { who: { id: 'bob' }, what: 'pressed', at: 1714557780000, where: '/home' },
      ]),
    }) as [string, string]
    expect(await reportOf([file, '--mapping', mapping])).toMatchObject({ ...THEIR_TOTALS, revenue: { EUR: '19.99' } })
  })
})

describe('what does not count', () => {
  test('is named by its reason, and everything adds up', async () => {
    const records = [...USER_EVENTS, 'nonsense', '[1]', { action: 'view', timestamp: 1 }]
    const [file] = someFiles({ 'events.ndjson': ndjson(records) }) as [string]
    const totals = await reportOf([file])
    expect(totals).toMatchObject({ ...THEIR_TOTALS, records_consumed: 6 })
    expect(totals.records_rejected).toMatchObject({ malformed_json: 1, not_an_object: 1, missing_user: 1, empty: 0 })
    const sum = (counts: Readonly<Record<string, number>>) =>
      Object.values(counts).reduce((all, count) => all + count, 0)
    const { events_accepted, events_dropped, records_rejected } = totals
    expect(events_accepted + sum(events_dropped) + sum(records_rejected)).toBe(6)
  })

  test('nothing is late, unless a lateness is asked for', async () => {
    const backwards = [USER_EVENTS[1], USER_EVENTS[0]]
    const [file] = someFiles({ 'events.ndjson': ndjson(backwards) }) as [string]
    expect((await reportOf([file])).events_dropped).toEqual({ late: 0, duplicate: 0, bot: 0 })
    expect((await reportOf([file, '--allowed-lateness', 'none'])).events_dropped).toMatchObject({ late: 1 })
  })

  test('an empty file adds up to nothing', async () => {
    const totals = await reportOf(someFiles({ 'events.ndjson': '' }))
    expect(totals).toMatchObject({ records_consumed: 0, sessions_closed: 0, revenue: {}, users: 0 })
  })
})

describe('a report is refused', () => {
  test('for a misspelt flag, with the one meant and exit code 2', async () => {
    const { exitCode, stdout, stderr } = await runCommand('report', [REAL_FILE, '--sesion-gap', '5m'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain('--sesion-gap: there is no such flag, take it out (did you mean --session-gap?)')
  })

  test('without a file, with exit code 2', async () => {
    const { exitCode, stderr } = await runCommand('report', [])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('name at least one FILE')
  })

  test('for a file that is not there, with exit code 1 and no half of a report', async () => {
    const { exitCode, stdout, stderr } = await runCommand('report', [REAL_FILE, 'not-there.csv', '--format', 'json'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toBe('report: not-there.csv: there is no such file; check the path\n')
  })

  test('for an archive that is cut short, with exit code 1', async () => {
    const cut = readFileSync(REAL_FILE).subarray(0, 20_000)
    const { exitCode, stdout, stderr } = await runCommand('report', someFiles({ 'cut.csv.gz': cut }))
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^report: .*cut\.csv\.gz: /)
  })

  test('for a mapping with faults, all of them with their lines, and exit code 2', async () => {
    const [mapping] = someFiles({ 'map.yaml': 'fields:\n  usrId: u\n  time: t\n  type: e\ntime: ms\n' }) as [string]
    const { exitCode, stdout, stderr } = await runCommand('report', [REAL_FILE, '--mapping', mapping])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(`(${mapping}:2): there is no such field, take it out (did you mean userId?)`)
    expect(stderr).toContain(`(${mapping}:5): write one of iso, seconds`)
  })

  test('for a mapping that is not there, with exit code 2', async () => {
    const { exitCode, stderr } = await runCommand('report', [REAL_FILE, '--mapping', 'not-there.yaml'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('mapping: "not-there.yaml": there is no such file, check the path')
  })
})
