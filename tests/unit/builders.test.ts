import { describe, expect, test } from 'vitest'
import { aClickEvent, asUserEventsJson, at } from '../builders.ts'

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('at', () => {
  test.each([
    ['00:00:00', '2024-05-01T00:00:00.000Z'],
    ['09:00:05', '2024-05-01T09:00:05.000Z'],
    ['23:59:59.999', '2024-05-01T23:59:59.999Z'],
    ['25:00:00', '2024-05-02T01:00:00.000Z'],
  ])('reads %s as %s', (time, iso) => {
    expect(new Date(at(time)).toISOString()).toBe(iso)
  })

  test.each(['9:00:00', '09:60:00', '09:00', '09:00:00.5', ''])('refuses %o', (time) => {
    expect(() => at(time)).toThrow(`time '${time}': write it as`)
  })
})

describe('aClickEvent', () => {
  test('is a page view of /home by ann, logged when it happened, unless told otherwise', () => {
    expect(aClickEvent({ at: '09:00:05' })).toStrictEqual({
      user: 'ann',
      type: 'page_view',
      page: '/home',
      timeMs: at('09:00:05'),
      logTimeMs: at('09:00:05'),
    })
  })

  test('takes a log time of its own and can do without a page', () => {
    expect(
      aClickEvent({ at: '09:00:05', loggedAt: '09:00:07', user: 'bob', type: 'click', page: undefined }),
    ).toStrictEqual({ user: 'bob', type: 'click', timeMs: at('09:00:05'), logTimeMs: at('09:00:07') })
  })
})

describe('asUserEventsJson', () => {
  test('writes every field of the dialect', () => {
    const event = aClickEvent({
      at: '09:00:05.078',
      id: 'e"1',
      user: '7',
      session: '12',
      type: 'purchase',
      page: '/thanks',
      durationMs: 1_500,
      priceMicros: 19_990_000n,
      currency: 'EUR',
      bot: true,
    })
    expect(JSON.parse(textOf(asUserEventsJson(event)))).toStrictEqual({
      event_id: 'e"1',
      user_id: 7,
      session_id: 12,
      page: '/thanks',
      action: 'purchase',
      duration: 1.5,
      timestamp: 1714554005.078,
      price: 19.99,
      currency: 'EUR',
      user_agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    })
  })

  test('leaves out what the event does not say', () => {
    const event = aClickEvent({ at: '09:00:05', page: undefined })
    expect(Object.keys(JSON.parse(textOf(asUserEventsJson(event))))).toStrictEqual([
      'user_id',
      'action',
      'timestamp',
      'user_agent',
    ])
  })

  test.each([
    ['7', '7'],
    ['0', '0'],
    ['007', '"007"'],
    ['-1', '"-1"'],
    ['ann', '"ann"'],
    ['12345678901234567890', '"12345678901234567890"'],
  ])('writes user %s as %s, which reads back as the same text', (user, json) => {
    expect(textOf(asUserEventsJson(aClickEvent({ at: '09:00:00', user })))).toContain(`"user_id":${json},`)
  })

  test.each([
    [0n, '0'],
    [1n, '0.000001'],
    [19_990_000n, '19.99'],
    [5_000_000n, '5'],
    [-2_500_000n, '-2.5'],
    [9_007_199_254_740_993_000_001n, '9007199254740993.000001'],
  ])('writes %d millionths as the plain decimal %s', (priceMicros, decimal) => {
    const json = textOf(asUserEventsJson(aClickEvent({ at: '09:00:00', type: 'purchase', priceMicros })))
    expect(json).toContain(`"price":${decimal},`)
  })

  test('times survive the way through float seconds to the exact millisecond', () => {
    for (let ms = 0; ms < 1000; ms++) {
      const event = { ...aClickEvent({ at: '09:00:00' }), timeMs: at('09:00:00') + ms, durationMs: ms }
      const { timestamp, duration } = JSON.parse(textOf(asUserEventsJson(event)))
      expect([Math.round(timestamp * 1000), Math.round(duration * 1000)]).toStrictEqual([event.timeMs, ms])
    }
  })
})
