import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { LogView } from '../../consumer/contract/log-view.ts'
import { aClickEvent, asUserEventsJson } from '../builders.ts'
import { aCollectedLog } from '../collected-log.ts'
import { until } from '../running-start.ts'
import { answerTo, ask, serving } from '../served-log.ts'

const anEvent = (id: string): string => Buffer.from(asUserEventsJson(aClickEvent({ at: '09:00:00', id }))).toString()

const someEvents = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => anEvent(`event-${from + index}`))

/** The log, with something done before each read. */
const readingAfter = (log: LogView, before: (signal: AbortSignal) => Promise<void> | void): LogView => ({
  partitions: () => log.partitions(),
  bounds: (partition) => log.bounds(partition),
  read: async (partition, from, signal) => {
    await before(signal)
    return log.read(partition, from, signal)
  },
})

describe('what was written to a log is what its export holds', () => {
  test.each([
    ['json', 'identity', undefined],
    ['json', 'gzip', 'gzip'],
    ['ndjson', 'br, *;q=0.5', 'gzip'],
    ['ndjson', 'gzip;q=0', undefined],
    ['ndjson', 'deflate, gzip;q=0.8, identity;q=0.9', undefined],
  ])('as %s, to a reader that accepts %s', async (format, encoding, chosen) => {
    const { log, write } = aCollectedLog({ readBatchBytes: 50_000 })
    const written = someEvents(3_000)
    await write(written)
    const { url } = await serving(log)
    const { status, headers, bytes } = await answerTo(`${url}/export?format=${format}`, { encoding })
    const text = String(chosen === 'gzip' ? gunzipSync(bytes) : bytes)
    expect(text).toBe(format === 'json' ? `[\n${written.join(',\n')}\n]\n` : `${written.join('\n')}\n`)
    expect([status, headers['content-encoding']]).toEqual([200, chosen])
    expect(headers).toMatchObject({
      'content-type': format === 'json' ? 'application/json; charset=utf-8' : 'application/x-ndjson',
      'content-disposition': `attachment; filename="events.${format}"`,
      'cache-control': 'no-store',
      vary: 'Accept-Encoding',
      'transfer-encoding': 'chunked',
    })
  })

  test('while others write: everything that was there before is there once', async () => {
    const { log, write } = aCollectedLog({ partitions: 2, readBatchBytes: 1 })
    for (let written = 0; written < 4_000; written += 50) await write(someEvents(50, written), (written / 50) % 2)
    let written = 4_000
    const view = readingAfter(log, async () => {
      await write(someEvents(10, written), written % 20 === 0 ? 0 : 1)
      written += 10
    })
    const { url } = await serving(view)
    const { bytes } = await answerTo(`${url}/export`)
    const ids = (JSON.parse(String(bytes)) as { event_id: string }[]).map(({ event_id }) => event_id)
    expect(ids.toSorted()).toEqual(Array.from({ length: 4_000 }, (_, index) => `event-${index}`).toSorted())
    expect(written).toBe(4_000 + 80 * 10)
  })

  test('and nothing where nothing is in it', async () => {
    const { url } = await serving(aCollectedLog({ partitions: 2 }).log)
    expect(JSON.parse(String((await answerTo(`${url}/export`)).bytes))).toEqual([])
    expect((await answerTo(`${url}/export?format=ndjson`)).bytes).toHaveLength(0)
  })
})

describe('an export over HTTP', () => {
  test('answers HEAD with the headers, and reads nothing', async () => {
    const { log, write } = aCollectedLog()
    await write(someEvents(1))
    let reads = 0
    const view = readingAfter(log, () => {
      reads += 1
    })
    const { url } = await serving(view)
    const { status, headers, bytes } = await answerTo(`${url}/export?format=ndjson`, {
      method: 'HEAD',
      encoding: 'gzip',
    })
    expect([status, headers['content-type'], bytes.length, reads]).toEqual([200, 'application/x-ndjson', 0, 0])
    expect(headers['content-encoding']).toBe('gzip')
  })

  test('is refused with the fix when it is asked for what there is not', async () => {
    const { url, open } = await serving(aCollectedLog().log)
    const { status, bytes } = await answerTo(`${url}/export?from=never`)
    expect([status, JSON.parse(String(bytes))]).toEqual([
      400,
      expect.objectContaining({ reason: 'invalid_parameter', message: expect.stringContaining('from: "never"') }),
    ])
    expect(open()).toBe(0)
  })

  test('is refused for a while when the log cannot be asked', async () => {
    const { log } = aCollectedLog()
    await log.leave()
    const { url, lines, open } = await serving(log)
    const { status, bytes } = await answerTo(`${url}/export`)
    const message = 'the log cannot be read at the moment, try again'
    expect([status, JSON.parse(String(bytes))]).toEqual([
      503,
      { reason: 'log_unavailable', message, retryAfterSeconds: 5 },
    ])
    expect(lines).toEqual(['an export was refused: the log cannot be asked'])
    await until(async () => (open() === 0 ? true : undefined), 'the view to be closed')
  })

  test('is refused while four others are under way, and served when one of them has ended', async () => {
    const { log, write } = aCollectedLog()
    await write(someEvents(1))
    const gate = Promise.withResolvers<void>()
    const { url, open } = await serving(readingAfter(log, () => gate.promise))
    const answers = Array.from({ length: 4 }, () => answerTo(`${url}/export`))
    await until(async () => (open() === 4 ? true : undefined), 'four exports to be under way')
    const refused = await answerTo(`${url}/export`)
    expect(refused.status).toBe(429)
    expect(JSON.parse(String(refused.bytes))).toMatchObject({ reason: 'too_many_exports', retryAfterSeconds: 5 })
    gate.resolve()
    for (const { bytes } of await Promise.all(answers)) expect(JSON.parse(String(bytes))).toHaveLength(1)
    await until(async () => (open() === 0 ? true : undefined), 'all views to be closed')
    expect((await answerTo(`${url}/export`)).status).toBe(200)
  })

  test('is not cut off by the time that connections may be idle, however long the log takes', async () => {
    const { log, write } = aCollectedLog()
    await write(someEvents(1))
    const limits: (number | undefined)[] = []
    const view = readingAfter(log, () => void limits.push(served.sockets[0]?.timeout))
    const served = await serving(view)
    await answerTo(`${served.url}/export`)
    expect(limits).toEqual([0])
  })

  test.each(['identity', 'gzip'])('is broken off, as %s, when the log cannot be read to its end', async (encoding) => {
    const { log, write } = aCollectedLog({ readBatchBytes: 1 })
    for (let batch = 0; batch < 5; batch += 1) await write(someEvents(1_000, batch * 1_000))
    let reads = 0
    const { url, lines, open } = await serving(
      readingAfter(log, () => {
        reads += 1
        if (reads === 4) throw new Error('the disk is gone')
      }),
    )
    const response = await ask(`${url}/export?format=ndjson`, { encoding })
    expect(response.statusCode).toBe(200)
    await expect(buffer(response)).rejects.toThrow(/aborted|ECONNRESET/)
    expect(response.complete).toBe(false)
    await until(async () => (open() === 0 ? true : undefined), 'the view to be closed')
    expect(lines).toEqual(['an export was cut off: the log could not be read to its end'])
  })

  describe('to a reader that does not read', () => {
    /** 32 records of 1 MiB: more than a connection holds back, compressed too. */
    async function aLargeLog(): Promise<LogView> {
      const { log, write } = aCollectedLog()
      for (let record = 0; record < 32; record += 1) {
        await write([JSON.stringify(randomBytes(786_432).toString('base64'))])
      }
      return log
    }

    test.each(['identity', 'gzip'])('is cut off after a while, as %s', async (encoding) => {
      const { url, lines, open } = await serving(await aLargeLog(), { patienceMs: 50 })
      const response = await ask(`${url}/export`, { encoding })
      await until(async () => (open() === 0 ? true : undefined), 'the export to be given up')
      expect(lines).toEqual(['an export was cut off: its reader took nothing'])
      await expect(buffer(response)).rejects.toThrow(/aborted|ECONNRESET/)
    })

    test('reads no further than the connection takes, and stops when the reader goes', async () => {
      let reads = 0
      const view = readingAfter(await aLargeLog(), () => {
        reads += 1
      })
      const { url, lines, open } = await serving(view)
      const response = await ask(`${url}/export`)
      await until(async () => (response.readableLength > 0 ? true : undefined), 'the first bytes')
      response.destroy()
      await until(async () => (open() === 0 ? true : undefined), 'the export to be given up')
      expect(reads).toBeLessThan(32)
      expect(lines).toEqual([])
    })
  })

  test('ends a read that waits when the reader goes', async () => {
    const { log, write } = aCollectedLog()
    await write(someEvents(1))
    let waiting = false
    const view = readingAfter(log, (signal) => {
      waiting = true
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    })
    const { url, lines, open } = await serving(view)
    const response = await ask(`${url}/export`)
    await until(async () => (waiting ? true : undefined), 'the read')
    response.destroy()
    await until(async () => (open() === 0 ? true : undefined), 'the export to be given up')
    expect(lines).toEqual([])
  })
})

test('statistics over HTTP show the recent events as they are in the log', async () => {
  const { log, write } = aCollectedLog()
  const exact = anEvent('1').replace('{', '{"n":12345678901234567890, ')
  await write([exact, 'no event'])
  const { url } = await serving(log)
  const { headers, bytes } = await answerTo(`${url}/stats`)
  const types = ['click', 'scroll', 'search', 'add_to_cart', 'remove_from_cart', 'checkout', 'purchase', 'custom']
  const byType = ['"page_view":1', ...types.map((type) => `"${type}":0`)].join(',')
  expect(String(bytes)).toBe(
    `{"total_events":1,"events_by_type":{${byType}},"records_rejected":1,"caught_up":true,"recent_events":[${exact}]}`,
  )
  expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
})
