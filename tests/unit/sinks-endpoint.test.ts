import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import { Secret } from '../../consumer/settings/secret.ts'
import { EndpointSink } from '../../producer/sinks/endpoint-sink.ts'
import { SinkRefused, TryLater } from '../../producer/sinks/sink.ts'
import { freePort } from '../kafka/free-port.ts'

interface Received {
  readonly request: IncomingMessage
  readonly body: { records: unknown[] }
}

type Answer = (received: Received, response: ServerResponse) => void

const accept: Answer = (_received, response) => response.writeHead(202).end()

/** A receiver that answers each request as told, and then accepts; what it got is in `received`. */
async function aReceiver(answers: Answer[] = [], port = 0) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const one = { request, body: JSON.parse(Buffer.concat(chunks).toString()) }
    received.push(one)
    const answer = answers.shift() ?? accept
    answer(one, response)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, received }
}

const openSink = (url: string, words: { mostRecords?: number; apiKey?: Secret } = {}) =>
  new EndpointSink({ url, apiKey: undefined, now: () => Date.UTC(2026, 0, 1), ...words })

const clicks = (count: number): NewRecord[] =>
  Array.from({ length: count }, (_, n) => ({ key: String(n), value: Buffer.from(`{"n":${n},"price":19.90}`) }))

const numbersIn = (received: readonly Received[]): number[] =>
  received.flatMap(({ body }) => body.records.map((record) => (record as { n: number }).n))

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

const say =
  (status: number, text = '', headers: Record<string, string> = {}): Answer =>
  (_received, response) =>
    response.writeHead(status, headers).end(text)

describe('an endpoint that accepts', () => {
  test('gets every record once, in order, up to 500 at a time', async () => {
    const { url, received } = await aReceiver()
    await openSink(url).append(clicks(1_201))
    expect(received.map(({ body }) => body.records.length)).toEqual([500, 500, 201])
    expect(numbersIn(received)).toEqual(upTo(1_201))
  })

  test('is asked with POST, as JSON, and with the key it wants', async () => {
    const { url, received } = await aReceiver()
    await openSink(url, { apiKey: new Secret('open sesame') }).append(clicks(1))
    const { method, url: path, headers } = received[0]!.request
    expect([method, path]).toEqual(['POST', '/events'])
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-api-key': 'open sesame' })
  })

  test('gets values as they are: no digit of a price is lost', async () => {
    const bodies: string[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      bodies.push(body)
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    await openSink(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).append(clicks(2))
    expect(bodies).toEqual(['{"records":[{"n":0,"price":19.90},{"n":1,"price":19.90}]}'])
  })

  test.each([
    ['no JSON at all', Buffer.from('{"n":1'), '{"n":1'],
    ['two JSON texts', Buffer.from('{}{}'), '{}{}'],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), '"\ufffd"'],
    ['nothing', Buffer.from(''), ''],
  ])('gets a value that is %s as a JSON string, and still a body that is JSON', async (_what, value, shown) => {
    const { url, received } = await aReceiver()
    await openSink(url).append([...clicks(1), { key: 'x', value }])
    expect(received[0]!.body.records).toEqual([{ n: 0, price: 19.9 }, shown])
  })
})

describe('an endpoint that is busy', () => {
  test.each([
    [429, '7', 7_000],
    [503, '0', 0],
    [503, 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    [429, 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
    [429, '86400', 600_000],
    [429, 'soon', undefined],
  ])('says so with %d and Retry-After %s: that long is waited', async (status, header, afterMs) => {
    const { url } = await aReceiver([say(status, 'busy', { 'Retry-After': header })])
    const append = openSink(url).append(clicks(3))
    await expect(append).rejects.toThrow(TryLater)
    await expect(append).rejects.toMatchObject({ afterMs, message: `${url} answered ${status}: busy` })
  })

  test('and accepts later gets the rest alone: nothing it accepted is sent again', async () => {
    const { url, received } = await aReceiver([accept, say(429)])
    const sink = openSink(url, { mostRecords: 10 })
    const records = clicks(30)
    await expect(sink.append(records)).rejects.toThrow(TryLater)
    await sink.append(records)
    received.splice(1, 1)
    expect(numbersIn(received)).toEqual(upTo(30))
    expect(sink.unconfirmed).toBe(0)
  })

  test('with a fault of its own is worth another try', async () => {
    const { url, received } = await aReceiver([say(500, 'out of memory')])
    const sink = openSink(url)
    const records = clicks(3)
    const append = sink.append(records)
    await expect(append).rejects.toThrow(`${url} answered 500: out of memory`)
    await expect(append).rejects.not.toThrow(SinkRefused)
    await sink.append(records)
    expect(numbersIn(received)).toEqual([...upTo(3), ...upTo(3)])
  })
})

describe('an endpoint that finds a request too large', () => {
  const atMost =
    (most: number): Answer =>
    ({ body }, response) =>
      response.writeHead(body.records.length > most ? 413 : 200).end()

  test('gets smaller ones from then on', async () => {
    const { url, received } = await aReceiver(Array.from({ length: 50 }, () => atMost(130)))
    const sink = openSink(url)
    await sink.append(clicks(600))
    const accepted = received.filter(({ body }) => body.records.length <= 130)
    expect(received.map(({ body }) => body.records.length).slice(0, 3)).toEqual([500, 250, 125])
    expect(numbersIn(accepted)).toEqual(upTo(600))
    expect(accepted).toHaveLength(received.length - 2)
  })

  test('even of a single record refuses that', async () => {
    const { url } = await aReceiver(Array.from({ length: 10 }, () => say(413, 'too much')))
    const append = openSink(url).append(clicks(4))
    await expect(append).rejects.toThrow(SinkRefused)
    await expect(append).rejects.toThrow(`${url} answered 413: too much`)
  })
})

test('a request that took too long to arrive is sent again, and smaller, down to a single record', async () => {
  const { url, received } = await aReceiver([say(408), say(408), say(408, 'too slow')])
  const sink = openSink(url)
  const records = clicks(3)
  const append = sink.append(records)
  await expect(append).rejects.toThrow(`${url} answered 408: too slow`)
  await expect(append).rejects.not.toThrow(SinkRefused)
  await sink.append(records)
  expect(received.map(({ body }) => body.records.length)).toEqual([3, 2, 1, 1, 1, 1])
  expect(numbersIn(received.slice(3))).toEqual(upTo(3))
})

describe('an endpoint that refuses', () => {
  test.each([
    [400, 'not an\n  event', 'answered 400: not an event'],
    [401, '', 'answered 401: Unauthorized'],
    [404, 'x'.repeat(1_000), `answered 404: ${'x'.repeat(300)} ...`],
  ])('with %d is not tried again, and its words are shown', async (status, text, said) => {
    const { url } = await aReceiver([say(status, text)])
    const append = openSink(url).append(clicks(1))
    await expect(append).rejects.toThrow(SinkRefused)
    await expect(append).rejects.toThrow(`${url} ${said}`)
  })

  test('because it moved is not followed: the new address is said', async () => {
    const { url, received } = await aReceiver([say(301, '', { Location: 'https://example.com/in' })])
    await expect(openSink(url).append(clicks(1))).rejects.toThrow('it is at https://example.com/in, name that')
    expect(received).toHaveLength(1)
  })
})

describe('a collector that rejects some of the records', () => {
  const rejecting = (status: number, document: unknown): Answer => say(status, JSON.stringify(document))
  const fault = (index: number) => ({ index, reason: 'missing_user', fix: 'name the user' })

  test.each([
    ['some', 200, { status: 'accepted', processed: 3, rejected: [fault(0), fault(2)], rejected_total: 2 }, 2],
    ['more than it names', 200, { status: 'accepted', processed: 1, rejected: [fault(1)], rejected_total: 4 }, 4],
    ['all', 422, { status: 'rejected', processed: 0, rejected: [0, 1, 2, 3, 4].map(fault), rejected_total: 5 }, 5],
    ['none', 200, { status: 'accepted', processed: 5 }, 0],
  ])('rejects %s: they are counted, and the rest is sent', async (_which, status, document, total) => {
    const { url, received } = await aReceiver([rejecting(status, document)])
    const sink = openSink(url, { mostRecords: 5 })
    await sink.append(clicks(7))
    expect(numbersIn(received)).toEqual(upTo(7))
    expect(sink.rejections.total).toBe(total)
    expect(sink.unconfirmed).toBe(0)
  })

  test('has the first of them named, with the beginning of the record', async () => {
    const every = (from: number) => rejecting(200, { rejected: upTo(4).map((n) => fault(from + n)), rejected_total: 4 })
    const { url } = await aReceiver([every(0), every(1)])
    const sink = openSink(url, { mostRecords: 10 })
    await sink.append(clicks(20))
    expect(sink.rejections.total).toBe(8)
    expect(sink.rejections.first).toEqual([0, 1, 2, 3, 11].map((n) => `missing_user: {"n":${n},"price":19.90}`))
  })

  test('cannot make a terminal obey what stands in a record or a reason', async () => {
    const { url } = await aReceiver([rejecting(200, { rejected: [{ index: 0, reason: 'x\u001b[2J' }] })])
    const sink = openSink(url)
    await sink.append([{ key: 'a', value: Buffer.from(`\u001b[2J${'y'.repeat(200)}`) }])
    expect(sink.rejections.first).toEqual([`x?[2J: ?[2J${'y'.repeat(116)} ...`])
  })

  test.each([
    ['words', 'these are no events'],
    ['a refusal', '{"status":"refused","reason":"invalid_records","message":"no array"}'],
    ['a list of something else', '["rejected"]'],
  ])('answering 422 with %s alone refuses the request', async (_what, text) => {
    const { url } = await aReceiver([say(422, text)])
    await expect(openSink(url).append(clicks(1))).rejects.toThrow(SinkRefused)
  })
})

describe('an endpoint that is not there', () => {
  test('is told with the reason, and gets everything once it is up', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/events`
    const sink = openSink(url)
    const records = clicks(20)
    await expect(sink.append(records)).rejects.toThrow(`${url} cannot be reached: connect ECONNREFUSED`)
    expect(sink.unconfirmed).toBe(0)
    const { received } = await aReceiver([], port)
    await sink.append(records)
    expect(numbersIn(received)).toEqual(upTo(20))
  })

  test('any more before it answers leaves what was sent uncertain', async () => {
    const { url } = await aReceiver([({ request }) => request.socket.destroy()])
    const sink = openSink(url)
    await expect(sink.append(clicks(5))).rejects.toThrow('cannot be reached')
    expect(sink.unconfirmed).toBe(5)
  })
})

test('a sink that is stopped sends no further request', async () => {
  const sinks: EndpointSink[] = []
  const { url, received } = await aReceiver([
    (one, response) => {
      sinks[0]!.stopWaiting()
      accept(one, response)
    },
  ])
  sinks.push(openSink(url, { mostRecords: 10 }))
  await expect(sinks[0]!.append(clicks(30))).rejects.toThrow('the producer is stopping')
  expect(numbersIn(received)).toEqual(upTo(10))
})
