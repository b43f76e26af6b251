import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReferenceEvent, ReferenceOptions } from '../../producer/oracle/event.ts'
import { judge } from '../../producer/oracle/judge.ts'
import { type ReferenceTotals, reference } from '../../producer/oracle/reference.ts'
import { eventStreams, permutationsOf, referenceOptions } from '../arbitraries.ts'
import { aClickEvent, at, type ClickEventWords } from '../builders.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

const OPTIONS: ReferenceOptions = {
  gapMs: 30 * MINUTE,
  allowedLatenessMs: 10 * MINUTE,
  futureToleranceMs: 5 * MINUTE,
  aheadMs: 5 * MINUTE,
  aheadUsers: 1,
  sessionKey: 'user',
  funnels: [],
  keyEvents: ['purchase'],
  engagedAfterMs: 10 * SECOND,
  dropBots: false,
  appendTime: false,
}

const clockTime = (ms: number): string => {
  const iso = Number.isFinite(ms) ? new Date(ms).toISOString().slice(11, 23) : String(ms)
  return iso.replace('.000', '')
}

const verdictsOn = (events: ReferenceEvent[], options: Partial<ReferenceOptions> = {}): string[] =>
  judge(events, { ...OPTIONS, ...options }).map((judged) => judged.verdict)

const streamTimesAfter = (events: ReferenceEvent[], options: Partial<ReferenceOptions> = {}): string[] =>
  judge(events, { ...OPTIONS, ...options }).map((judged) => clockTime(judged.streamTimeMs))

/** Everything is accepted and every session closed: what the second stage makes of these events. */
const closing = (words: ClickEventWords[], options: Partial<ReferenceOptions> = {}): ReferenceTotals =>
  reference(
    words.map(aClickEvent),
    { ...OPTIONS, allowedLatenessMs: Infinity, ...options },
    { finalWatermarkMs: Infinity },
  )

const sessionsIn = (totals: ReferenceTotals): string[] =>
  totals.closedSessions.map(
    ({ key, startMs, endMs, pageViews }) => `${key} ${clockTime(startMs)}-${clockTime(endMs)} ${pageViews}`,
  )

describe('verdicts', () => {
  test.each([
    ['at the tolerance', '09:05:00', 'accepted'],
    ['1 ms beyond the tolerance', '09:05:00.001', 'future_dated'],
  ])('an event %s after its log time is %s', (_, time, verdict) => {
    expect(verdictsOn([aClickEvent({ at: time, loggedAt: '09:00:00' })])).toStrictEqual([verdict])
  })

  test.each([
    ['at the watermark', '08:50:00', 'accepted'],
    ['1 ms before the watermark', '08:49:59.999', 'late'],
  ])('an event %s is %s', (_, time, verdict) => {
    expect(verdictsOn([aClickEvent({ at: '09:00:00' }), aClickEvent({ at: time })])).toStrictEqual([
      'accepted',
      verdict,
    ])
  })

  test('nothing is late when lateness is unlimited', () => {
    const events = [aClickEvent({ at: '23:00:00' }), aClickEvent({ at: '00:00:00' })]
    expect(verdictsOn(events, { allowedLatenessMs: Infinity })).toStrictEqual(['accepted', 'accepted'])
  })

  test('the second event with an id is a duplicate, whatever else it says; events without an id never are', () => {
    expect(
      verdictsOn([
        aClickEvent({ at: '09:00:00', id: 'a' }),
        aClickEvent({ at: '09:00:01', id: 'a', user: 'bob', type: 'click' }),
        aClickEvent({ at: '09:00:02' }),
        aClickEvent({ at: '09:00:02' }),
      ]),
    ).toStrictEqual(['accepted', 'duplicate', 'accepted', 'accepted'])
  })

  test.each([
    ['in the second of the watermark', '09:10:00.900', 'duplicate'],
    ['in the second before the watermark', '09:10:01.000', 'accepted'],
  ])('an id whose event lies %s (stream time %s) makes the next one %s', (_, streamTime, verdict) => {
    expect(
      verdictsOn([
        aClickEvent({ at: '09:00:00.200', id: 'a' }),
        aClickEvent({ at: streamTime }),
        aClickEvent({ at: '09:05:00', id: 'a' }),
      ]),
    ).toStrictEqual(['accepted', 'accepted', verdict])
  })

  test('an id accepted again is remembered again, with the time of the newer event', () => {
    expect(
      verdictsOn([
        aClickEvent({ at: '09:00:00', id: 'a' }),
        aClickEvent({ at: '09:11:00' }),
        aClickEvent({ at: '09:05:00', id: 'a' }),
        aClickEvent({ at: '09:06:00', id: 'a' }),
      ]),
    ).toStrictEqual(['accepted', 'accepted', 'accepted', 'duplicate'])
  })

  test('only accepted events are remembered: the id of a late one is free', () => {
    expect(
      verdictsOn([
        aClickEvent({ at: '09:00:00' }),
        aClickEvent({ at: '08:00:00', id: 'a' }),
        aClickEvent({ at: '09:00:00', id: 'a' }),
      ]),
    ).toStrictEqual(['accepted', 'late', 'accepted'])
  })

  test('no id is forgotten when lateness is unlimited', () => {
    const events = ['01:00:00', '23:00:00', '23:00:00'].map((time, index) =>
      aClickEvent({ at: time, id: `${index % 2}` }),
    )
    expect(verdictsOn(events, { allowedLatenessMs: Infinity })).toStrictEqual(['accepted', 'accepted', 'duplicate'])
  })

  test('an event with several faults is judged bot, then future-dated, then late, then duplicate', () => {
    const first = aClickEvent({ at: '09:00:00', id: 'a' })
    const faults = { at: '08:00:00', id: 'a' }
    expect(
      verdictsOn(
        [
          first,
          aClickEvent({ ...faults, loggedAt: '07:00:00', bot: true }),
          aClickEvent({ ...faults, loggedAt: '07:00:00' }),
          aClickEvent(faults),
          aClickEvent({ ...faults, at: '09:00:00' }),
        ],
        { dropBots: true },
      ),
    ).toStrictEqual(['accepted', 'bot', 'future_dated', 'late', 'duplicate'])
  })

  test('bots are ordinary visitors unless they are to be dropped', () => {
    expect(verdictsOn([aClickEvent({ at: '09:00:00', bot: true })])).toStrictEqual(['accepted'])
  })
})

describe('stream time', () => {
  test('is the highest event time accepted so far', () => {
    const events = ['09:00:00', '09:02:00', '09:01:00', '09:03:00'].map((time) => aClickEvent({ at: time }))
    expect(streamTimesAfter(events)).toStrictEqual(['09:00:00', '09:02:00', '09:02:00', '09:03:00'])
  })

  test('never passes the log time of the event that moves it', () => {
    expect(streamTimesAfter([aClickEvent({ at: '09:04:00', loggedAt: '09:00:00' })])).toStrictEqual(['09:00:00'])
  })

  test('stands still for what is not accepted', () => {
    const events = [
      aClickEvent({ at: '09:00:00', id: 'a' }),
      aClickEvent({ at: '09:01:00', bot: true }),
      aClickEvent({ at: '09:20:00', loggedAt: '09:02:00' }),
      aClickEvent({ at: '09:03:00', id: 'a' }),
    ]
    expect(streamTimesAfter(events, { dropBots: true })).toStrictEqual(Array(4).fill('09:00:00'))
  })

  test.each([
    ['as far as allowed', '09:05:00', '09:05:00'],
    ['1 ms further', '09:05:00.001', '09:00:00'],
  ])('one user %s ahead, at %s, leaves it at %s', (_, time, streamTime) => {
    const events = [aClickEvent({ at: '09:00:00' }), aClickEvent({ at: time, user: 'bob' })]
    expect(streamTimesAfter(events, { aheadUsers: 3 }).at(-1)).toBe(streamTime)
  })

  test('every event may move it when one user is enough', () => {
    const events = [aClickEvent({ at: '09:00:00' }), aClickEvent({ at: '18:00:00' })]
    expect(streamTimesAfter(events, { aheadUsers: 1 })).toStrictEqual(['09:00:00', '18:00:00'])
  })

  test('three users too far ahead move it to the lowest of their times', () => {
    const log = [
      ['ann', '09:00:00', '09:00:00'],
      ['bob', '09:10:00', '09:00:00'], // 1st
      ['bob', '09:12:00', '09:00:00'], // the same user again: his higher time counts
      ['bob', '09:10:30', '09:00:00'], // and stays the higher one
      ['cat', '09:20:00', '09:00:00'], // 2nd
      ['ann', '09:01:00', '09:01:00'], // whoever is in time moves it meanwhile
      ['dan', '09:17:30', '09:12:00'], // 3rd: to bob's 09:12; he leaves, cat and dan stay beyond 09:17
      ['eve', '09:18:00', '09:17:30'], // 3rd again: to dan's; all that is within 09:22:30 leaves
      ['fay', '09:40:00', '09:17:30'], // 1st
      ['gus', '09:40:00', '09:17:30'], // 2nd
    ] as const
    const events = log.map(([user, time]) => aClickEvent({ at: time, user }))
    const followed = log.map(([, , streamTime]) => streamTime)
    expect(streamTimesAfter(events, { aheadUsers: 3 })).toStrictEqual(followed)
  })

  test('a claim leaves the list once it is within reach, exactly at its edge included', () => {
    const stays = [
      aClickEvent({ at: '09:00:00' }),
      aClickEvent({ at: '09:08:00.001', user: 'bob' }),
      aClickEvent({ at: '09:03:00' }),
      aClickEvent({ at: '09:20:00', user: 'cat' }),
    ]
    const leaves = stays.with(1, aClickEvent({ at: '09:08:00', user: 'bob' }))
    expect(streamTimesAfter(stays, { aheadUsers: 2 }).at(-1)).toBe('09:08:00.001')
    expect(streamTimesAfter(leaves, { aheadUsers: 2 }).at(-1)).toBe('09:03:00')
  })

  test('users are counted, not sessions', () => {
    const events = [
      aClickEvent({ at: '09:00:00' }),
      aClickEvent({ at: '09:10:00', user: 'bob', session: '1' }),
      aClickEvent({ at: '09:10:00', user: 'bob', session: '2' }),
    ]
    expect(streamTimesAfter(events, { aheadUsers: 2, sessionKey: 'session' }).at(-1)).toBe('09:00:00')
  })

  test.each([
    [true, '10:05:00', '10:05:00'],
    [true, '10:05:00.001', '09:00:00'],
    [false, '10:05:00', '09:00:00'],
  ])('a pause of an hour widens the reach by that hour only by the append time (%s): %s makes it %s', (appendTime, ...times) => {
    const [time, streamTime] = times
    const behindTheLog = aClickEvent({ at: '09:00:00', loggedAt: '12:00:00' })
    const afterThePause = aClickEvent({ at: time, loggedAt: '13:00:00', user: 'bob' })
    expect(streamTimesAfter([behindTheLog, afterThePause], { aheadUsers: 3, appendTime }).at(-1)).toBe(streamTime)
  })

  test('the pause counts from the event that last moved stream time, not from the last event', () => {
    const events = [
      aClickEvent({ at: '09:00:00' }),
      aClickEvent({ at: '08:59:00', loggedAt: '09:30:00' }),
      aClickEvent({ at: '09:35:00', user: 'bob' }),
    ]
    expect(streamTimesAfter(events, { aheadUsers: 3, appendTime: true }).at(-1)).toBe('09:35:00')
  })

  test('nor from an event exactly at stream time, which does not move it', () => {
    const events = [
      aClickEvent({ at: '09:00:00' }),
      aClickEvent({ at: '09:00:00', loggedAt: '09:30:00' }),
      aClickEvent({ at: '09:35:00', user: 'bob' }),
    ]
    expect(streamTimesAfter(events, { aheadUsers: 3, appendTime: true }).at(-1)).toBe('09:35:00')
  })

  test('a log clock that goes back narrows nothing', () => {
    const events = [
      aClickEvent({ at: '09:00:00', loggedAt: '12:00:00' }),
      aClickEvent({ at: '09:05:00', loggedAt: '11:00:00', user: 'bob' }),
    ]
    expect(streamTimesAfter(events, { aheadUsers: 3, appendTime: true }).at(-1)).toBe('09:05:00')
  })

  test('a pause does not clear the list: bob stays in it, and with cat and dan he is the third', () => {
    const log = [
      ['ann', '09:00:00', '10:00:00', '09:00:00'],
      ['bob', '09:20:00', '10:01:00', '09:00:00'],
      ['ann', '09:01:00', '10:30:00', '09:01:00'],
      ['cat', '09:30:00', '10:30:00', '09:01:00'],
      ['dan', '09:25:00', '10:30:00', '09:20:00'],
    ] as const
    const events = log.map(([user, time, loggedAt]) => aClickEvent({ at: time, loggedAt, user }))
    const followed = log.map(([, , , streamTime]) => streamTime)
    expect(streamTimesAfter(events, { aheadUsers: 3, appendTime: true })).toStrictEqual(followed)
  })

  test('a move by the list restarts the pause', () => {
    const log = [
      ['ann', '09:00:00', '12:00:00', '09:00:00'],
      ['bob', '09:50:00', '12:01:00', '09:00:00'], // 1st
      ['cat', '09:40:00', '12:30:00', '09:40:00'], // 2nd: beyond 09:05 + 30 min; bob stays beyond 09:45
      ['dan', '10:10:00', '12:50:00', '09:50:00'], // 2nd again: beyond 09:45 + 20 min
    ] as const
    const events = log.map(([user, time, loggedAt]) => aClickEvent({ at: time, loggedAt, user }))
    const followed = log.map(([, , , streamTime]) => streamTime)
    expect(streamTimesAfter(events, { aheadUsers: 2, appendTime: true })).toStrictEqual(followed)
  })
})

describe('sessions', () => {
  test.each([
    ['exactly the gap', '09:30:00', ['ann 09:00:00-09:30:00 2']],
    ['1 ms more than the gap', '09:30:00.001', ['ann 09:00:00-09:00:00 1', 'ann 09:30:00.001-09:30:00.001 1']],
  ])('two events %s apart', (_, time, sessions) => {
    expect(sessionsIn(closing([{ at: '09:00:00' }, { at: time }]))).toStrictEqual(sessions)
  })

  test('an event that arrives last and lies between two sessions makes them one', () => {
    const apart = [{ at: '09:00:00' }, { at: '10:00:00' }]
    expect(sessionsIn(closing(apart))).toStrictEqual(['ann 09:00:00-09:00:00 1', 'ann 10:00:00-10:00:00 1'])
    expect(sessionsIn(closing([...apart, { at: '09:30:00' }]))).toStrictEqual(['ann 09:00:00-10:00:00 3'])
    expect(sessionsIn(closing([...apart, { at: '09:29:59.999' }]))).toStrictEqual([
      'ann 09:00:00-09:29:59.999 2',
      'ann 10:00:00-10:00:00 1',
    ])
  })

  test('events backwards in the log are one session all the same', () => {
    expect(sessionsIn(closing([{ at: '09:40:00' }, { at: '09:20:00' }, { at: '09:00:00' }]))).toStrictEqual([
      'ann 09:00:00-09:40:00 3',
    ])
  })

  test('each user has sessions of her own', () => {
    expect(sessionsIn(closing([{ at: '09:10:00', user: 'bob' }, { at: '09:00:00' }]))).toStrictEqual([
      'ann 09:00:00-09:00:00 1',
      'bob 09:10:00-09:10:00 1',
    ])
  })

  test('given session ids split a user when they are part of the key; having none is an id of its own', () => {
    const words: ClickEventWords[] = [
      { at: '09:00:00', session: '1' },
      { at: '09:01:00' },
      { at: '09:02:00', session: '1' },
      { at: '09:03:00', session: 'null' },
      { at: '09:04:00' },
    ]
    expect(sessionsIn(closing(words, { sessionKey: 'user' }))).toStrictEqual(['ann 09:00:00-09:04:00 5'])
    expect(sessionsIn(closing(words, { sessionKey: 'session' }))).toStrictEqual([
      '["ann","1"] 09:00:00-09:02:00 2',
      '["ann","null"] 09:03:00-09:03:00 1',
      '["ann",null] 09:01:00-09:04:00 2',
    ])
  })

  test.each([
    ['exactly one gap behind the watermark is open', '09:40:00', { sessionsClosed: 0, sessionsOpen: 2 }],
    ['1 ms further behind is closed', '09:40:00.001', { sessionsClosed: 1, sessionsOpen: 1 }],
  ])('a session whose end lies %s (stream time %s)', (_, streamTime, counts) => {
    const events = [aClickEvent({ at: '09:00:00' }), aClickEvent({ at: streamTime, user: 'bob' })]
    expect(reference(events, OPTIONS)).toMatchObject(counts)
  })

  test.each([
    ['1 ms before the watermark reaches it', '09:09:59.999', 0],
    ['when the watermark reaches it', '09:10:00', 1],
  ])('a session counts as started, or not yet: %s', (_, streamTime, sessionsStarted) => {
    const events = [aClickEvent({ at: '09:00:00' }), aClickEvent({ at: streamTime, user: 'bob' })]
    expect(reference(events, OPTIONS)).toMatchObject({ sessionsStarted, sessionsOpen: 2 })
  })

  test('a final watermark closes what lies behind it, and counts only when it is the higher one', () => {
    const events = [aClickEvent({ at: '09:00:00' }), aClickEvent({ at: '09:20:00', user: 'bob' })]
    const closedAt = (finalWatermarkMs: number): unknown[] => {
      const { sessionsClosed, watermarkMs } = reference(events, OPTIONS, { finalWatermarkMs })
      return [sessionsClosed, clockTime(watermarkMs)]
    }
    expect(closedAt(at('09:00:00'))).toStrictEqual([0, '09:10:00'])
    expect(closedAt(at('09:30:00'))).toStrictEqual([0, '09:30:00'])
    expect(closedAt(at('09:30:00.001'))).toStrictEqual([1, '09:30:00.001'])
    expect(closedAt(Infinity)).toStrictEqual([2, 'Infinity'])
  })

  test.each([
    ['a day', '33:00:00', 1],
    ['1 ms less than a day', '32:59:59.999', 0],
  ])('an open session that began %s before the watermark', (_, watermark, sessionsOpenOver24h) => {
    const halfHourly = Array.from({ length: 49 }, (_, index) => ({
      ...aClickEvent({ at: '09:00:00' }),
      timeMs: at('09:00:00') + index * 30 * MINUTE,
      logTimeMs: at('34:00:00'),
    }))
    expect(reference(halfHourly, OPTIONS, { finalWatermarkMs: at(watermark) })).toMatchObject({
      sessionsOpen: 1,
      sessionsOpenOver24h,
    })
  })

  test('a closed session is never an open one over 24 h', () => {
    expect(closing([{ at: '09:00:00' }, { at: '34:00:00' }])).toMatchObject({ sessionsOpen: 0, sessionsOpenOver24h: 0 })
  })
})

describe('what a closed session counts', () => {
  test.each<[string, ClickEventWords[], [number, number, number]]>([
    ['one page view', [{ at: '09:00:00' }], [1, 1, 1]],
    ['one page view and a click', [{ at: '09:00:00' }, { at: '09:00:05', type: 'click' }], [1, 0, 1]],
    ['two page views', [{ at: '09:00:00' }, { at: '09:00:00' }], [0, 0, 0]],
    ['a click alone', [{ at: '09:00:00', type: 'click' }], [0, 0, 1]],
    ['one page view, engaged time reached', [{ at: '09:00:00' }, { at: '09:00:10', type: 'scroll' }], [1, 0, 1]],
    ['one page view, 1 ms longer', [{ at: '09:00:00' }, { at: '09:00:10.001', type: 'scroll' }], [1, 0, 0]],
    ['one page view and a key event', [{ at: '09:00:00' }, { at: '09:00:01', type: 'purchase' }], [1, 0, 0]],
  ])('%s: single_page, no_interaction, ga4', (_, words, bounces) => {
    const { single_page, no_interaction, ga4 } = closing(words).sessionsBounced
    expect([single_page, no_interaction, ga4]).toStrictEqual(bounces)
  })

  test('the event types it holds, each once', () => {
    const { sessionsWithEvent } = closing([
      { at: '09:00:00' },
      { at: '09:01:00' },
      { at: '09:02:00', type: 'click' },
      { at: '12:00:00', type: 'click' },
    ])
    expect(sessionsWithEvent).toMatchObject({ page_view: 1, click: 2, purchase: 0 })
  })

  test('its duration and its page views', () => {
    expect(
      closing([
        { at: '09:00:00', user: 'bob' },
        { at: '09:00:00.250' },
        { at: '09:01:00', type: 'click' },
        { at: '10:00:00' },
        { at: '10:00:01' },
      ]),
    ).toMatchObject({
      sessionDurationSumMs: 60_750,
      sessionDurationsMs: [59_750, 1_000, 0],
      sessionPageViews: [1, 2, 1],
    })
  })

  test('entry and exit are its first and last page view, in the order of the labels when simultaneous', () => {
    const { sessionEntries, sessionExits } = closing([
      { at: '09:00:00', type: 'click', page: '/not-viewed' },
      { at: '09:00:01', page: '/b' },
      { at: '09:00:01', page: '/a' },
      { at: '09:00:02', page: '/z' },
      { at: '09:00:02', page: '/c' },
      { at: '09:00:03', type: 'scroll', page: '/not-viewed' },
    ])
    expect([...sessionEntries]).toStrictEqual([['/a', 1]])
    expect([...sessionExits]).toStrictEqual([['/z', 1]])
  })

  test('a page view without a page enters by __none__; a session without a page view enters nowhere', () => {
    const { sessionEntries, sessionExits } = closing([
      { at: '09:00:00', page: undefined },
      { at: '09:00:00', user: 'bob', type: 'click' },
    ])
    expect([...sessionEntries]).toStrictEqual([['__none__', 1]])
    expect([...sessionExits]).toStrictEqual([['__none__', 1]])
  })

  const BUY = {
    name: 'buy',
    steps: [
      { name: 'view', event: 'page_view' as const },
      { name: 'cart', event: 'add_to_cart' as const },
      { name: 'purchase', event: 'purchase' as const },
    ],
  }

  test.each<[string, ClickEventWords[], [number, number, number]]>([
    ['the first step', [{ at: '09:00:00' }], [1, 0, 0]],
    ['a later step without the first', [{ at: '09:00:00', type: 'add_to_cart' }], [0, 0, 0]],
    ['the first and the last', [{ at: '09:00:00' }, { at: '09:00:01', type: 'purchase' }], [1, 0, 0]],
    [
      'all steps backwards',
      [{ at: '09:00:00', type: 'purchase' }, { at: '09:00:01', type: 'add_to_cart' }, { at: '09:00:02' }],
      [1, 1, 1],
    ],
  ])('funnel steps reached by a session that holds %s', (_, words, reached) => {
    const steps = closing(words, { funnels: [BUY] }).funnelSessions.get('buy')!
    expect([...steps]).toStrictEqual([
      ['view', reached[0]],
      ['cart', reached[1]],
      ['purchase', reached[2]],
    ])
  })

  test.each([
    ['/product/*', '/product/7', 1],
    ['/product/*', '/product/', 1],
    ['/product/*', '/products', 0],
    ['*/7', '/product/7', 1],
    ['*/7', '/product/77', 0],
    ['/a*b*c', '/a-b-b-c', 1],
    ['/a.b', '/a.b', 1],
    ['/a.b', '/axb', 0],
    ['/home', '/home/', 0],
    ['*', undefined, 0],
    ['/*', undefined, 0],
  ])('a funnel step for page %s and a view of %s: %d', (page, viewed, sessions) => {
    const funnels = [{ name: 'f', steps: [{ name: 's', event: 'page_view' as const, page }] }]
    expect(
      closing([{ at: '09:00:00', page: viewed }], { funnels })
        .funnelSessions.get('f')!
        .get('s'),
    ).toBe(sessions)
  })

  test.each<[string, [string, 'checkout' | 'purchase'][], number[]]>([
    [
      'the first purchase after the first checkout',
      [
        ['09:00:00', 'checkout'],
        ['09:02:00', 'checkout'],
        ['09:03:00', 'purchase'],
        ['09:04:00', 'purchase'],
      ],
      [180_000],
    ],
    [
      'both at once',
      [
        ['09:00:00', 'purchase'],
        ['09:00:00', 'checkout'],
      ],
      [0],
    ],
    [
      'a purchase first, even when another follows',
      [
        ['09:00:00', 'purchase'],
        ['09:01:00', 'checkout'],
        ['09:02:00', 'purchase'],
      ],
      [],
    ],
    ['no purchase', [['09:00:00', 'checkout']], []],
    ['no checkout', [['09:00:00', 'purchase']], []],
  ])('checkout to purchase: %s', (_, happened, elapsed) => {
    expect(closing(happened.map(([time, type]) => ({ at: time, type }))).checkoutToPurchaseMs).toStrictEqual(elapsed)
  })

  test('an open session counts nothing yet', () => {
    expect(reference([aClickEvent({ at: '09:00:00' })], OPTIONS)).toMatchObject({
      sessionsClosed: 0,
      sessionsBounced: { single_page: 0, no_interaction: 0, ga4: 0 },
      sessionEntries: new Map(),
      closedSessions: [],
    })
  })
})

describe('what an accepted event counts at once', () => {
  const totals = reference(
    [
      aClickEvent({ at: '09:00:00', durationMs: 1_500 }),
      aClickEvent({ at: '09:00:01', durationMs: 500, type: 'scroll', user: 'bob' }),
      aClickEvent({ at: '09:00:02', page: undefined, durationMs: 7 }),
      aClickEvent({ at: '09:00:03', type: 'click' }),
      aClickEvent({ at: '09:00:04', type: 'click', page: undefined }),
      aClickEvent({ at: '09:00:05', type: 'purchase', priceMicros: 19_990_000n, currency: 'EUR' }),
      aClickEvent({ at: '09:00:06', type: 'purchase', priceMicros: 10_000n, currency: 'EUR' }),
      aClickEvent({ at: '09:00:07', type: 'purchase', priceMicros: 1n }),
      aClickEvent({ at: '09:00:08', type: 'purchase', currency: 'USD' }),
      aClickEvent({ at: '09:00:09', type: 'add_to_cart', priceMicros: 5n, currency: 'EUR' }),
      aClickEvent({ at: '08:00:00', user: 'late', durationMs: 9, type: 'purchase', priceMicros: 3n, currency: 'EUR' }),
    ],
    OPTIONS,
  )

  test('its type', () => {
    expect(totals.events).toStrictEqual({
      page_view: 2,
      click: 2,
      scroll: 1,
      search: 0,
      add_to_cart: 1,
      remove_from_cart: 0,
      checkout: 0,
      purchase: 4,
      custom: 0,
    })
  })

  test('page views, clicks and reported time by page', () => {
    expect(totals.pageViews).toStrictEqual(
      new Map([
        ['/home', 1],
        ['__none__', 1],
      ]),
    )
    expect(totals.clicks).toStrictEqual(
      new Map([
        ['/home', 1],
        ['__none__', 1],
      ]),
    )
    expect(totals.pageEngagementMs).toStrictEqual(
      new Map([
        ['/home', 2_000],
        ['__none__', 7],
      ]),
    )
  })

  test('the price of purchases by currency', () => {
    expect(totals.revenueMicros).toStrictEqual(
      new Map([
        ['EUR', 20_000_000n],
        ['__none__', 1n],
      ]),
    )
  })

  test('its user once; and the late event only as dropped', () => {
    expect(totals).toMatchObject({ consumed: 11, accepted: 10, dropped: { late: 1 }, users: 2 })
  })
})

test('an empty log adds up to nothing', () => {
  expect(reference([], OPTIONS)).toMatchObject({
    consumed: 0,
    accepted: 0,
    streamTimeMs: -Infinity,
    watermarkMs: -Infinity,
  })
})

describe('for any log', () => {
  const anyLog = referenceOptions().chain((options) => fc.tuple(fc.constant(options), eventStreams(options)))

  test('every record is accounted for', () => {
    fc.assert(
      fc.property(anyLog, ([options, events]) => {
        const { consumed, accepted, dropped, rejected } = reference(events, options)
        expect(accepted + dropped.late + dropped.duplicate + dropped.bot + rejected.future_dated).toBe(consumed)
      }),
    )
  })

  test('the watermark never regresses, and what was closed or started stays so', () => {
    fc.assert(
      fc.property(anyLog, ([options, events]) => {
        let before = reference([], options)
        for (let length = 1; length <= events.length; length++) {
          const after = reference(events.slice(0, length), options)
          expect(after.watermarkMs).toBeGreaterThanOrEqual(before.watermarkMs)
          expect(after.sessionsStarted).toBeGreaterThanOrEqual(before.sessionsStarted)
          expect(after.closedSessions).toEqual(expect.arrayContaining(before.closedSessions))
          before = after
        }
      }),
    )
  })

  test('the order of arrival changes nothing when nothing is late and no id occurs twice', () => {
    const inTwoOrders = anyLog.chain(([options, events]) => {
      const distinct = events.map(({ id: _, ...event }) => event)
      return fc.tuple(
        fc.constant({ ...options, allowedLatenessMs: Infinity }),
        fc.constant(distinct),
        permutationsOf(distinct),
      )
    })
    const closedTotals = (events: ReferenceEvent[], options: ReferenceOptions): Partial<ReferenceTotals> => {
      const { streamTimeMs: _, ...totals } = reference(events, options, { finalWatermarkMs: Infinity })
      return totals
    }
    fc.assert(
      fc.property(inTwoOrders, ([options, events, permuted]) => {
        expect(closedTotals(permuted, options)).toEqual(closedTotals(events, options))
      }),
    )
  })
})
