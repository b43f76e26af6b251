import { describe, expect, onTestFinished, test } from 'vitest'
import { serveExpected } from '../../producer/expected-server.ts'

async function aServer({ trouble, port = 0 }: { trouble?: string; port?: number } = {}) {
  const server = await serveExpected({
    host: '127.0.0.1',
    port,
    metrics: async () => 'clickstream_producer_sent_records_total 5\n',
    trouble: () => trouble,
  })
  onTestFinished(() => server.close())
  return server
}

describe('the page of a producer', () => {
  test.each([
    ['/metrics', 'GET', 200, 'clickstream_producer_sent_records_total 5\n'],
    ['/-/healthy', 'GET', 200, 'healthy\n'],
    ['/-/healthy?verbose', 'GET', 200, 'healthy\n'],
    ['/', 'GET', 404, 'nothing here; try /metrics\n'],
    ['/metrics', 'POST', 405, 'only GET and HEAD are answered here\n'],
  ])('answers %s, asked with %s, with %d', async (path, method, status, text) => {
    const { url } = await aServer()
    const response = await fetch(url + path, { method })
    expect([response.status, await response.text()]).toEqual([status, text])
  })

  test('is in the format that Prometheus reads', async () => {
    const { url } = await aServer()
    const { headers } = await fetch(`${url}/metrics`)
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  test('is not healthy while nothing can be written, and says why', async () => {
    const { url } = await aServer({ trouble: 'no broker can be reached' })
    const response = await fetch(`${url}/-/healthy`)
    expect([response.status, await response.text()]).toEqual([
      503,
      'nothing can be written: no broker can be reached\n',
    ])
  })

  test('cannot be had on a port that is taken: the flag is named', async () => {
    const { url } = await aServer()
    const port = Number(new URL(url).port)
    await expect(aServer({ port })).rejects.toThrow(
      `another process listens on 127.0.0.1:${port}; choose another with --expected-port`,
    )
  })
})
