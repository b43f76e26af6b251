import { describe, expect, test } from 'vitest'
import { aCollector, eventText } from '../collector-server.ts'

const SHOP = 'https://shop.example'
const WITH_KEY = { flags: ['--cors-origins', `${SHOP},http://localhost:5173`], env: { COLLECTOR_API_KEY: 'k' } }

/** What a browser asks before a page may send. */
const preflight = (url: string, origin: string): Promise<Response> =>
  fetch(url, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' },
  })

const allowedOrigin = ({ headers }: Response): string | null => headers.get('access-control-allow-origin')

describe('a page of an allowed site', () => {
  test('is let send before it shows the key', async () => {
    const { url } = await aCollector(WITH_KEY)
    const response = await preflight(`${url}/events`, SHOP)
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'Content-Type, Content-Encoding, X-API-Key, Authorization',
      'access-control-max-age': '600',
      vary: 'Origin',
    })
  })

  test('sends, and may read the answer', async () => {
    const { post } = await aCollector(WITH_KEY)
    const response = await post(eventText(), { origin: SHOP, 'x-api-key': 'k' })
    expect([response.status, allowedOrigin(response)]).toEqual([200, SHOP])
  })

  test('may read why it is refused, and when to try again', async () => {
    const { post } = await aCollector(WITH_KEY)
    const response = await post(eventText(), { origin: SHOP })
    expect([response.status, allowedOrigin(response)]).toEqual([401, SHOP])
    expect(response.headers.get('access-control-expose-headers')).toBe('Retry-After')
  })

  test('may read /stats and /export, whose other headers stay', async () => {
    const { url } = await aCollector(WITH_KEY)
    const headers = { origin: SHOP, 'x-api-key': 'k' }
    for (const path of ['/stats', '/export']) {
      const response = await fetch(url + path, { headers })
      expect([path, response.status, allowedOrigin(response)]).toEqual([path, 200, SHOP])
      expect(response.headers.get('vary')).toContain('Origin')
      await response.body?.cancel()
    }
    expect((await fetch(`${url}/export`, { headers, method: 'HEAD' })).headers.get('vary')).toBe(
      'Origin, Accept-Encoding',
    )
  })
})

describe('a page of another site', () => {
  test.each([
    'https://evil.example',
    'http://shop.example',
    'https://shop.example:8443',
    'https://shop.example.evil.example',
    'null',
  ])('%s is refused with or without asking first, key or not', async (origin) => {
    const { url, post, log } = await aCollector(WITH_KEY)
    for (const response of [
      await preflight(`${url}/events`, origin),
      await post(eventText(), { origin, 'x-api-key': 'k' }),
      await fetch(`${url}/stats`, { headers: { origin, 'x-api-key': 'k' } }),
    ]) {
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({ status: 'refused', reason: 'foreign_origin' })
      expect(allowedOrigin(response)).toBeNull()
    }
    expect((await log.bounds(0)).endOffset + (await log.bounds(1)).endOffset).toBe(0)
  })

  test('is refused as well where no site may send', async () => {
    const { post } = await aCollector()
    const response = await post(eventText(), { origin: 'http://127.0.0.1:3000' })
    expect([response.status, response.headers.get('vary')]).toEqual([403, null])
  })
})

test('whoever is no browser is asked for no origin', async () => {
  const { post } = await aCollector(WITH_KEY)
  expect((await post(eventText(), { 'x-api-key': 'k' })).status).toBe(200)
})
