import { once } from 'node:events'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { HttpApi } from '../../consumer/expose/http-api.ts'
import { serve } from '../../consumer/expose/server.ts'
import { aCollector, eventText } from '../collector-server.ts'
import { answersIn, rawConnection } from '../raw-http.ts'
import { until } from '../running-start.ts'

const MiB = 1024 * 1024

const head = (...headers: readonly string[]): string =>
  `${['POST /events HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...headers].join('\r\n')}\r\n\r\n`

const whole = (body: string): string => head(`Content-Length: ${Buffer.byteLength(body)}`) + body

/** A server whose API answers when it is told to, and which is less patient than the collector. */
async function anImpatientServer({ requestMs = 60_000, idleMs = 60_000, mostConnections = 100 } = {}) {
  const faults: string[] = []
  const released = Promise.withResolvers<void>()
  const routes = express.Router()
  routes.use(async (request, response) => {
    await released.promise
    for await (const _chunk of request);
    response.end('served')
  })
  const api: HttpApi = {
    observe: (_request, _response, next) => next(),
    status: () => ({}),
    landing: undefined,
    routes,
    limits: { requestMs, idleMs, mostConnections, stopMs: 100 },
    onFault: ({ status, reason }) => void faults.push(`${status} ${reason}`),
  }
  const own = { metrics: async () => '', waitingFor: () => [], onError: () => {} }
  const server = await serve({ host: '127.0.0.1', port: 0, ...own, api })
  onTestFinished(() => server.close())
  return { port: Number(new URL(server.url).port), url: server.url, faults, release: released.resolve }
}

describe('a request that is refused before its body was read', () => {
  test('is answered so that a client gets to read it which sends all it has first', async () => {
    const { port } = await aCollector({ flags: ['--max-body-size', '1KiB'] })
    const { socket, answer } = rawConnection(port)
    socket.pause()
    const length = 12 * MiB
    await new Promise((resolve) => socket.write(head(`Content-Length: ${length}`) + 'x'.repeat(length), resolve))
    socket.resume()
    const text = await answer
    expect(answersIn(text)).toEqual([{ status: 413, reason: 'body_too_large' }])
    expect(text).toContain('Connection: close')
  })

  test('does not make the server read on for ever', async () => {
    const { port } = await aCollector({ flags: ['--max-body-size', '1KiB'] })
    const { socket, answer } = rawConnection(port, head('Transfer-Encoding: chunked'))
    const chunk = `${MiB.toString(16)}\r\n${'x'.repeat(MiB)}\r\n`
    const feed = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', feed)
    feed()
    await answer
    // What it reads to let the answer through, and what the system takes in on the way.
    expect(socket.bytesWritten).toBeLessThan(64 * MiB)
  })

  test('and has none leaves its connection open', async () => {
    const { port } = await aCollector()
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n`
    const text = `${get('/nothing')}\r\n${get('/events')}\r\n${get('/stats')}Connection: close\r\n\r\n`
    expect(answersIn(await rawConnection(port, text).answer).map(({ status }) => status)).toEqual([404, 405, 200])
  })
})

describe('a client that asks before it sends', () => {
  test('is told to go on when its headers are good', async () => {
    const { port } = await aCollector()
    const body = eventText()
    const headers = ['Expect: 100-continue', 'Connection: close', `Content-Length: ${body.length}`]
    const { socket, answer } = rawConnection(port, head(...headers))
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write(body)
    expect(answersIn(await answer).map(({ status }) => status)).toEqual([100, 200])
  })

  test.each([
    ['too much is announced', head('Expect: 100-continue', 'Content-Length: 999999999'), 413],
    ['the type is another', head('Expect: 100-continue', 'Content-Length: 5').replace('json', 'xml'), 415],
    ['it is no place to send to', head('Expect: 100-continue', 'Content-Length: 5').replace('/events', '/stats'), 405],
  ])('is refused without a byte of it when %s', async (_why, text, status) => {
    const { port } = await aCollector()
    const { answer } = rawConnection(port, text)
    expect(answersIn(await answer).map((one) => one.status)).toEqual([status])
  })

  test('for something unknown is served all the same', async () => {
    const { port } = await aCollector()
    const body = eventText()
    const headers = ['Expect: the-best', 'Connection: close', `Content-Length: ${body.length}`]
    const { answer } = rawConnection(port, head(...headers) + body)
    expect(answersIn(await answer)).toEqual([{ status: 200, reason: undefined }])
  })
})

describe('what is no HTTP request is answered in JSON and counted', () => {
  test.each([
    ['nonsense', 'hello\r\n\r\n', 400, 'not_http'],
    ['a length that is none', head('Content-Length: -5'), 400, 'not_http'],
    ['two ways of saying the length', head('Content-Length: 5', 'Transfer-Encoding: chunked'), 400, 'not_http'],
    ['a chunk of no size', `${head('Transfer-Encoding: chunked')}zz\r\n`, 400, 'not_http'],
    ['a header as long as a book', head(`X-Long: ${'x'.repeat(20_000)}`), 431, 'headers_too_large'],
    [
      'an address as long as a book',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'chunk extensions as long as a book',
      `${head('Transfer-Encoding: chunked')}5;${'x'.repeat(20_000)}`,
      413,
      'chunk_extensions_too_large',
    ],
    ['a request without a host', 'GET /stats HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'missing_host'],
  ])('%s', async (_what, text, status, reason) => {
    const { port, counted } = await aCollector()
    expect(answersIn(await rawConnection(port, text).answer)).toEqual([{ status, reason }])
    await until(
      async () => ((await counted())[`requests_total{status="${status}"}`] === 1 ? true : undefined),
      'a count',
    )
    expect(await counted()).toMatchObject({ [`requests_refused_total{reason="${reason}"}`]: 1 })
  })

  test('once, whatever follows it', async () => {
    const { port, faults } = await anImpatientServer()
    const { socket, answer } = rawConnection(port, 'nonsense\r\n\r\n')
    await once(socket, 'data')
    socket.write('more nonsense\r\n\r\n')
    expect(answersIn(await answer)).toEqual([{ status: 400, reason: 'not_http' }])
    expect(faults).toEqual(['400 not_http'])
  })

  test('after the answer to the request before it, which is not taken for its own', async () => {
    const { port, release, faults } = await anImpatientServer()
    release()
    // Both come at once: the second is understood to be none before the first is answered.
    const { answer } = rawConnection(port, `${whole('1')}nonsense\r\n\r\n`)
    expect(answersIn(await answer).map(({ status }) => status)).toEqual([200, 400])
    expect(faults).toEqual(['400 not_http'])
  })
})

describe('slow clients', () => {
  test.each([
    ['a head that does not end', 'POST /events HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    ['a body that does not end', `${head('Content-Length: 100')}half`],
  ])('%s is answered with 408', async (_what, text) => {
    const { port, faults, release } = await anImpatientServer({ requestMs: 300 })
    release()
    expect(answersIn(await rawConnection(port, text).answer)).toEqual([{ status: 408, reason: 'too_slow' }])
    expect(faults).toEqual(['408 too_slow'])
  })

  test('a connection on which nothing moves is closed', async () => {
    const { port } = await anImpatientServer({ idleMs: 200 })
    expect(await rawConnection(port, whole('1')).answer).toBe('')
  })

  test('connections beyond the limit are closed as they come, the others are served', async () => {
    const { port, url, release } = await anImpatientServer({ mostConnections: 3 })
    release()
    const held = Array.from({ length: 2 }, () => rawConnection(port, 'GET /'))
    await Promise.all(held.map(({ socket }) => once(socket, 'connect')))
    const text = 'GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    await until(async () => (answersIn(await rawConnection(port, text).answer).length === 1 ? true : undefined), 'it')
    const last = rawConnection(port, 'GET /')
    await once(last.socket, 'connect')
    expect(await rawConnection(port, text).answer).toBe('')
    last.socket.destroy()
    await until(async () => ((await fetch(`${url}/x`)).ok ? true : undefined), 'room for another')
    for (const { socket } of held) socket.destroy()
  })
})

test('a client that goes away in the middle leaves nothing behind', async () => {
  const { port, counted } = await aCollector()
  const { socket } = rawConnection(port, `${head('Content-Length: 1000')}half`)
  await until(async () => ((await counted()).pending_bytes! > 0 ? true : undefined), 'its bytes to be held')
  socket.destroy()
  await until(async () => ((await counted()).pending_bytes === undefined ? true : undefined), 'its bytes to be free')
})
