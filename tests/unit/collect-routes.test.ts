import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { RecordsTooLarge } from '../../consumer/contract/durable-log.ts'
import { REJECT_REASONS } from '../../consumer/contract/outcome.ts'
import { RECORD_OUTCOMES } from '../../producer/collect/collector-metrics.ts'
import { REFUSAL_REASONS } from '../../producer/collect/refusal-reasons.ts'
import { aCollector, type CollectorServer, eventText } from '../collector-server.ts'
import { parseExposition } from '../exposition.ts'
import { answersIn, rawConnection } from '../raw-http.ts'
import { until } from '../running-start.ts'

const NDJSON = { 'Content-Type': 'application/x-ndjson' }
const GZIP = { 'Content-Encoding': 'gzip' }
const batch = (...records: readonly string[]): string => `{"records":[${records.join(',')}]}`

const recordsIn = async ({ log }: CollectorServer): Promise<number> =>
  (await log.bounds(0)).endOffset + (await log.bounds(1)).endOffset

describe('a batch', () => {
  test.each<[string, () => string | Uint8Array, Record<string, string>, number]>([
    ['in an envelope', () => batch(eventText(), eventText()), {}, 2],
    ['as a bare list', () => `[${eventText()},${eventText()},${eventText()}]`, {}, 3],
    ['of one object', () => eventText(), {}, 1],
    ['of lines', () => `${eventText()}\n\n${eventText()}\n`, NDJSON, 2],
    ['compressed', () => gzipSync(batch(eventText(), eventText())), GZIP, 2],
    ['of compressed lines', () => gzipSync(`${eventText()}\n${eventText()}`), { ...NDJSON, ...GZIP }, 2],
    ['of nothing', () => batch(), {}, 0],
  ])('%s is answered when the log has it', async (_how, body, headers, records) => {
    const collector = await aCollector()
    const response = await collector.post(body(), headers)
    expect([response.status, await response.json()]).toEqual([200, { status: 'accepted', processed: records }])
    expect(await recordsIn(collector)).toBe(records)
  })

  test('some of which is no event is taken in part, each other one named by its place', async () => {
    const collector = await aCollector()
    const response = await collector.post(
      batch('5', eventText(), '{"action":"view"}', eventText(), eventText({ timestamp: 9e9 })),
    )
    expect(response.status).toBe(200)
    const { rejected, ...rest } = (await response.json()) as { rejected: { fix: string }[] }
    expect(rest).toEqual({ status: 'accepted', processed: 2, rejected_total: 3 })
    expect(rejected).toMatchObject([
      { index: 0, reason: 'not_an_object' },
      { index: 2, reason: 'missing_user' },
      { index: 4, reason: 'time_out_of_range' },
    ])
    for (const { fix } of rejected) expect(fix).toMatch(/\.$/)
    expect(await recordsIn(collector)).toBe(2)
  })

  test('of which nothing is an event is refused with 422, and no more than a hundred are named', async () => {
    const collector = await aCollector()
    const response = await collector.post(`[${Array.from({ length: 150 }, () => '{}').join()}]`)
    expect(response.status).toBe(422)
    const { rejected, ...rest } = (await response.json()) as { rejected: { index: number }[] }
    expect(rest).toEqual({ status: 'rejected', processed: 0, rejected_total: 150 })
    expect(rejected.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect(await recordsIn(collector)).toBe(0)
  })

  test('sent again is answered as accepted, and is in the log once', async () => {
    const collector = await aCollector()
    const body = batch(eventText({ event_id: 'a' }), eventText({ event_id: 'b' }))
    expect(await (await collector.post(body)).json()).toEqual({ status: 'accepted', processed: 2 })
    expect(await (await collector.post(body)).json()).toEqual({ status: 'accepted', processed: 2, duplicates: 2 })
    expect(await recordsIn(collector)).toBe(2)
    expect(await collector.counted()).toMatchObject({
      'records_total{outcome="accepted"}': 2,
      'records_total{outcome="duplicate"}': 2,
    })
  })
})

describe('what is refused', () => {
  test.each<[string, string, RequestInit & { method: string }, number, string, string | null]>([
    ['/events', 'GET', { method: 'GET' }, 405, 'method_not_allowed', 'POST, OPTIONS'],
    ['/events', 'PUT', { method: 'PUT' }, 405, 'method_not_allowed', 'POST, OPTIONS'],
    ['/stats', 'POST', { method: 'POST' }, 405, 'method_not_allowed', 'GET, HEAD, OPTIONS'],
    ['/export', 'DELETE', { method: 'DELETE' }, 405, 'method_not_allowed', 'GET, HEAD, OPTIONS'],
    ['/event', 'POST', { method: 'POST' }, 404, 'not_found', null],
    ['/events/1', 'GET', { method: 'GET' }, 404, 'not_found', null],
    ['/%', 'GET', { method: 'GET' }, 404, 'not_found', null],
    ['/export?format=xml', 'GET', { method: 'GET' }, 400, 'invalid_parameter', null],
  ])('%s asked with %s', async (path, _method, request, status, reason, allow) => {
    const { url, counted } = await aCollector()
    const response = await fetch(url + path, request)
    expect([response.status, response.headers.get('allow')]).toEqual([status, allow])
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({ status: 'refused', reason, message: expect.stringMatching(/.{10}/) })
    expect(await counted()).toEqual({
      [`requests_total{status="${status}"}`]: 1,
      [`requests_refused_total{reason="${reason}"}`]: 1,
    })
  })

  test.each([
    ['/events', 'POST, OPTIONS'],
    ['/stats', 'GET, HEAD, OPTIONS'],
  ])('%s says what it takes', async (path, allow) => {
    const { url } = await aCollector()
    const response = await fetch(url + path, { method: 'OPTIONS' })
    expect([response.status, response.headers.get('allow')]).toEqual([204, allow])
  })

  test.each(['/stats', '/export', '/'])('HEAD %s is not: it is answered without a body', async (path) => {
    const { url } = await aCollector()
    const response = await fetch(url + path, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  test.each([
    'POST /events',
    'GET /stats',
    'GET /export',
  ])('%s under a name that is not of this machine', async (line) => {
    const { port } = await aCollector()
    const ask = (host: string) =>
      rawConnection(port, `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`).answer
    expect(answersIn(await ask('evil.example'))).toEqual([{ status: 403, reason: 'foreign_host' }])
    expect(answersIn(await ask('localhost'))).not.toMatchObject([{ status: 403 }])
  })

  test('a key that is not given or wrong, which is never written down', async () => {
    const { post, url, counted, lines } = await aCollector({ env: { COLLECTOR_API_KEY: 'right' } })
    const missing = await post(eventText())
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    const wrong = await post(eventText(), { 'X-API-Key': 'wrong-one' })
    expect([wrong.status, await wrong.text()]).toEqual([401, expect.not.stringContaining('wrong-one')])
    expect((await post(eventText(), { Authorization: 'Bearer right' })).status).toBe(200)
    for (const path of ['/stats', '/export']) expect((await fetch(url + path)).status).toBe(401)
    for (const path of ['/', '/metrics', '/-/healthy', '/-/ready']) expect((await fetch(url + path)).status).toBe(200)
    expect(await counted()).toMatchObject({
      'requests_refused_total{reason="missing_api_key"}': 3,
      'requests_refused_total{reason="wrong_api_key"}': 1,
    })
    expect(lines).toEqual([])
  })
})

describe('a log that does not take the records', () => {
  const failing = (error: Error) => async () => {
    throw error
  }

  test('because it failed: 503 with when to try again, and they count as failed', async () => {
    const collector = await aCollector({ log: (log) => ({ ...log, append: failing(new Error('disk full')) }) })
    const response = await collector.post(batch(eventText(), '5'))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)])
    expect(await response.json()).toMatchObject({
      reason: 'log_unavailable',
      message: expect.stringContaining('disk full'),
    })
    expect(await collector.counted()).toMatchObject({
      'records_total{outcome="failed"}': 1,
      'records_total{outcome="rejected"}': 1,
      'requests_total{status="503"}': 1,
    })
  })

  test('because one is too large for it: 413', async () => {
    const collector = await aCollector({
      log: (log) => ({ ...log, append: failing(new RecordsTooLarge('too large')) }),
    })
    const response = await collector.post(eventText())
    expect([response.status, ((await response.json()) as { reason: string }).reason]).toEqual([
      413,
      'record_too_large_for_log',
    ])
  })

  test('for too long: 503, while what waits is held until the log is through', async () => {
    const through = Promise.withResolvers<void>()
    const collector = await aCollector({
      flags: ['--append-timeout', '100ms'],
      log: (log) => ({ ...log, append: (records) => through.promise.then(() => log.append(records)) }),
    })
    expect((await collector.post(eventText())).status).toBe(503)
    expect((await collector.counted()).pending_bytes).toBeGreaterThan(0)
    through.resolve()
    await until(async () => ((await collector.counted()).pending_bytes === undefined ? true : undefined), 'the log')
    expect(await recordsIn(collector)).toBe(1)
  })
})

test('copies of what waits for the log are held like it: a client gets no further with them', async () => {
  const through = Promise.withResolvers<void>()
  const collector = await aCollector({
    flags: ['--max-pending-bytes', '1MiB', '--max-body-size', '256KiB'],
    log: (log) => ({ ...log, append: (records) => through.promise.then(() => log.append(records)) }),
  })
  const event = eventText({ event_id: 'one', note: 'x'.repeat(99_000) })
  const pending = collector.post(event)
  await until(async () => ((await collector.counted()).pending_bytes ? true : undefined), 'it to be pending')
  const copies = Array.from({ length: 10 }, () => collector.post(event))
  await until(
    async () => ((await collector.counted())['requests_total{status="429"}'] === 6 ? true : undefined),
    'the copies beyond the share of a client to be refused',
  )
  through.resolve()
  const answers = await Promise.all([pending, ...copies])
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
  expect(await recordsIn(collector)).toBe(1)
})

test('requests sent on one connection without waiting for their answers are held as well', async () => {
  const through = Promise.withResolvers<void>()
  const collector = await aCollector({
    flags: ['--max-pending-bytes', '1034KiB', '--max-body-size', '256KiB'],
    log: (log) => ({ ...log, append: (records) => through.promise.then(() => log.append(records)) }),
  })
  const body = eventText()
  const head = `POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`
  const request = `${head}Content-Length: ${body.length}\r\n\r\n${body}`
  const { answer } = rawConnection(collector.port, request.repeat(100))
  await until(
    async () => ((await collector.counted())['requests_refused_total{reason="client_over_share"}'] ? true : undefined),
    'some to be refused',
  )
  through.resolve()
  const statuses = answersIn(await answer).map(({ status }) => status)
  // 16 KiB each: a client's half has room for 32 behind the first. The connection ends with the refusal.
  expect(statuses).toEqual([...Array(33).fill(200), 429])
  expect(await recordsIn(collector)).toBe(33)
  await until(async () => ((await collector.counted()).pending_bytes === undefined ? true : undefined), 'nothing held')
})

test.each([
  ['plain', {}, (body: string) => body],
  ['packed', GZIP, (body: string) => gzipSync(body)],
])('the longest body fits beside the least that may be pending, %s', async (_how, headers, sent) => {
  const length = 384 * 1024
  const collector = await aCollector({
    flags: ['--max-pending-bytes', '1MiB', '--max-body-size', `${length / 1024}KiB`],
  })
  const response = await collector.post(sent(eventText().padEnd(length)), headers)
  expect([response.status, await response.json()]).toEqual([200, { status: 'accepted', processed: 1 }])
  expect((await collector.post(sent(eventText().padEnd(length + 1)), headers)).status).toBe(413)
})

test('more than may be pending is refused with 429 for a client and nothing is left of it', async () => {
  const through = Promise.withResolvers<void>()
  const collector = await aCollector({
    flags: ['--max-pending-bytes', '1MiB', '--max-body-size', '384KiB'],
    log: (log) => ({ ...log, append: (records) => through.promise.then(() => log.append(records)) }),
  })
  const body = eventText().padEnd(384 * 1024)
  const pending = collector.post(body)
  await until(
    async () => ((await collector.counted()).pending_bytes === body.length ? true : undefined),
    'it to be held',
  )
  const response = await collector.post(body)
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await response.json()).toMatchObject({ status: 'refused', reason: 'client_over_share' })
  through.resolve()
  expect((await pending).status).toBe(200)
  expect((await collector.counted()).pending_bytes).toBeUndefined()
})

test('stopping answers what is pending, refuses what is new, and is not ready any more', async () => {
  const through = Promise.withResolvers<void>()
  const collector = await aCollector({
    log: (log) => ({ ...log, append: (records) => through.promise.then(() => log.append(records)) }),
  })
  const pending = collector.post(eventText())
  await until(async () => ((await collector.counted()).pending_bytes ? true : undefined), 'it to be pending')
  const stopped = collector.collector.stop()
  const refused = await collector.post(eventText())
  expect([refused.status, refused.headers.get('connection')]).toEqual([503, 'close'])
  expect(await refused.json()).toMatchObject({ reason: 'stopping' })
  expect((await fetch(`${collector.url}/-/ready`)).status).toBe(503)
  through.resolve()
  await stopped
  expect((await pending).status).toBe(200)
})

test('programs are told at / how it gets on', async () => {
  const { url } = await aCollector()
  expect(await (await fetch(url)).json()).toEqual({ status: 'healthy', log: 'available' })
})

test('every known label begins at 0', async () => {
  const { url } = await aCollector()
  const page = parseExposition(await (await fetch(`${url}/metrics`)).text())
  const series = [
    ...RECORD_OUTCOMES.map((outcome) => `records_total{outcome="${outcome}"}`),
    ...REJECT_REASONS.map((reason) => `records_rejected_total{reason="${reason}"}`),
    ...REFUSAL_REASONS.map((reason) => `requests_refused_total{reason="${reason}"}`),
    'requests_total{status="200"}',
    'received_bytes_total',
    'pending_bytes',
  ]
  for (const one of series) expect([one, page.get(`clickstream_collector_${one}`)]).toEqual([one, 0])
  expect(page.get('clickstream_collector_log_available')).toBe(1)
})
