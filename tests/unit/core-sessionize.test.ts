import { describe, expect, test } from 'vitest'
import type { EventType } from '../../consumer/contract/click-event.ts'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import type { ReferenceOptions } from '../../producer/oracle/event.ts'
import { aClickEvent, at, type ClickEventWords } from '../builders.ts'
import { aReferenceRun, coreOptions, feed, totals } from '../core-run.ts'

const HOUR_MS = 3_600_000
const LATENESS_MS = 2 * HOUR_MS

/** A partition with two hours of lateness, so that a few events may come in any order, and a gap of 30 minutes. */
function partition(words: readonly ClickEventWords[], options: Partial<ReferenceOptions> = {}): Pipeline {
  const run = aReferenceRun({ allowedLatenessMs: LATENESS_MS, ...options })
  return feed(
    new Pipeline(coreOptions(run)),
    words.map((event) => aClickEvent(event)),
    true,
  )
}

/** Moves the watermark to the time, as an idle partition's owner would. */
function watermarkAt(pipeline: Pipeline, time: string): Pipeline {
  pipeline.advance(at(time) + pipeline.options.allowedLatenessMs)
  expect(pipeline.state.clock.watermarkMs).toBe(at(time))
  return pipeline
}

function closed(words: readonly ClickEventWords[], options?: Partial<ReferenceOptions>): Record<string, unknown> {
  const pipeline = partition(words, options)
  pipeline.closeAll()
  expect(pipeline.state.sessions.open).toBe(0)
  return totals(pipeline.state)
}

const open = (words: readonly ClickEventWords[]): number => partition(words).state.sessions.open

function inEveryOrder<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, at) => inEveryOrder(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}

describe('the session gap', () => {
  test.each([
    ['inside the gap', '09:10:00', 1],
    ['exactly the gap', '09:30:00', 1],
    ['one millisecond more', '09:30:00.001', 2],
    ['the same moment', '09:00:00', 1],
  ])('%s: an event at %s makes %d', (_case, time, sessions) => {
    expect(open([{ at: '09:00:00' }, { at: time }])).toBe(sessions)
    expect(open([{ at: time }, { at: '09:00:00' }])).toBe(sessions)
  })

  test('counts from the last event, not from the first', () => {
    expect(open([{ at: '09:00:00' }, { at: '09:30:00' }, { at: '10:00:00' }, { at: '10:30:00' }])).toBe(1)
  })

  test('separates users', () => {
    expect(open([{ at: '09:00:00' }, { at: '09:00:00', user: 'ben' }])).toBe(2)
  })

  test('does not cut at midnight', () => {
    expect(open([{ at: '23:59:59' }, { at: '24:00:01' }])).toBe(1)
  })

  test('separates given sessions only where they are the key', () => {
    const two = [
      { at: '09:00:00', session: 's1' },
      { at: '09:01:00', session: 's2' },
      { at: '09:02:00' },
      { at: '09:03:00', user: 'ben', session: 's1' },
    ]
    expect(partition(two).state.sessions.open).toBe(2)
    expect(partition(two, { sessionKey: 'session' }).state.sessions.open).toBe(4)
  })
})

describe('an event that bridges two sessions', () => {
  const first: ClickEventWords[] = [
    { at: '09:00:00', page: '/in', type: 'page_view' },
    { at: '09:05:00', type: 'checkout' },
  ]
  const last: ClickEventWords[] = [
    { at: '10:00:00', type: 'purchase', priceMicros: 5_000_000n },
    { at: '10:01:00', page: '/out', type: 'page_view' },
  ]
  const bridge: ClickEventWords = { at: '09:33:00', type: 'add_to_cart' }

  test('makes one of them, whatever the order they came in', () => {
    expect(open([...first, ...last])).toBe(2)
    const expected = closed([...first, bridge, ...last])
    expect(expected.sessions_closed_total).toStrictEqual({ '': 1 })
    for (const order of inEveryOrder([...first, bridge, ...last])) expect(closed(order)).toStrictEqual(expected)
  })

  test('adds up counts, takes the first and last page, the types, the funnel and the payment time', () => {
    expect(closed([...last, ...first, bridge])).toMatchObject({
      sessions_started_total: { '': 1 },
      sessions_closed_total: { '': 1 },
      session_entries_total: { '/in': 1 },
      session_exits_total: { '/out': 1 },
      session_page_views_sum: 2,
      session_duration_seconds_sum: 61 * 60_000,
      checkout_to_purchase_seconds_sum: 55 * 60_000,
      sessions_with_event_total: { page_view: 1, checkout: 1, add_to_cart: 1, purchase: 1 },
      funnel_sessions_total: { 'purchase/view': 1, 'purchase/cart': 1, 'purchase/purchase': 1 },
      sessions_bounced_total: {},
    })
  })

  test('exactly one gap from both still bridges; a millisecond off one side does not', () => {
    const edges = [{ at: '09:00:00' }, { at: '10:00:00' }]
    expect(open([...edges, { at: '09:30:00' }])).toBe(1)
    expect(open([...edges, { at: '09:29:59.999' }])).toBe(2)
    expect(open([...edges, { at: '09:30:00.001' }])).toBe(2)
  })

  test('leaves a third session of the user alone', () => {
    expect(open([{ at: '09:00:00' }, { at: '10:00:00' }, { at: '11:00:00' }, { at: '10:30:00' }])).toBe(2)
  })

  test('joins a session that has counted as started to one that has not, and counts the start once', () => {
    for (const order of inEveryOrder([{ at: '09:00:00' }, { at: '09:45:00' }])) {
      const pipeline = watermarkAt(partition(order), '09:10:00')
      expect(totals(pipeline.state).sessions_started_total).toStrictEqual({ '': 1 })
      feed(pipeline, [aClickEvent({ at: '09:20:00', loggedAt: '12:00:00' })], true)
      expect(pipeline.state.sessions.open).toBe(1)
      watermarkAt(pipeline, '11:00:00')
      expect(totals(pipeline.state)).toMatchObject({
        sessions_started_total: { '': 1 },
        sessions_closed_total: { '': 1 },
        session_duration_seconds_sum: 45 * 60_000,
      })
    }
  })
})

describe('the first and the last page', () => {
  const entryAndExit = (words: readonly ClickEventWords[]): unknown[] => {
    const { session_entries_total, session_exits_total } = closed(words)
    return [session_entries_total, session_exits_total]
  }

  test('of equal times are the least and the greatest page string, whichever came first', () => {
    const together = ['/b', '/c', '/a'].map((page) => ({ at: '09:00:00', page }))
    for (const order of inEveryOrder(together)) expect(entryAndExit(order)).toStrictEqual([{ '/a': 1 }, { '/c': 1 }])
  })

  test('are found backwards too', () => {
    const words = ['09:03:00', '09:01:00', '09:02:00'].map((time) => ({ at: time, page: `/p${time.slice(4, 5)}` }))
    for (const order of inEveryOrder(words)) expect(entryAndExit(order)).toStrictEqual([{ '/p1': 1 }, { '/p3': 1 }])
  })

  test('are pages that were viewed: clicks and purchases have none of them', () => {
    const words: ClickEventWords[] = [
      { at: '09:00:00', type: 'click', page: '/first' },
      { at: '09:01:00', page: '/viewed' },
      { at: '09:02:00', type: 'purchase', page: '/last' },
    ]
    expect(entryAndExit(words)).toStrictEqual([{ '/viewed': 1 }, { '/viewed': 1 }])
    expect(entryAndExit([words[0]!, words[2]!])).toStrictEqual([{}, {}])
  })

  test('of a view that names no page are none', () => {
    expect(entryAndExit([{ at: '09:00:00', page: undefined }])).toStrictEqual([{ __none__: 1 }, { __none__: 1 }])
  })

  test('survive a merge with a session that viewed nothing', () => {
    const words: ClickEventWords[] = [
      { at: '09:00:00', type: 'click' },
      { at: '10:00:00', page: '/only' },
      { at: '09:30:00', type: 'scroll' },
    ]
    for (const order of inEveryOrder(words)) expect(entryAndExit(order)).toStrictEqual([{ '/only': 1 }, { '/only': 1 }])
  })
})

describe('starting and closing', () => {
  const started = (pipeline: Pipeline): unknown => totals(pipeline.state).sessions_started_total
  const closedCount = (pipeline: Pipeline): unknown => totals(pipeline.state).sessions_closed_total

  test('a session counts as started when the watermark reaches its start and not before', () => {
    const pipeline = partition([{ at: '09:00:00' }])
    expect(started(watermarkAt(pipeline, '08:59:59.999'))).toStrictEqual({})
    expect(started(watermarkAt(pipeline, '09:00:00'))).toStrictEqual({ '': 1 })
    expect(started(watermarkAt(pipeline, '09:10:00'))).toStrictEqual({ '': 1 })
  })

  test('an earlier event moves the start it waits for', () => {
    const pipeline = partition([{ at: '09:20:00' }, { at: '09:00:00' }])
    expect(started(watermarkAt(pipeline, '08:59:59.999'))).toStrictEqual({})
    expect(started(watermarkAt(pipeline, '09:00:00'))).toStrictEqual({ '': 1 })
  })

  test('a session closes when the watermark has passed its end by more than the gap, strictly', () => {
    const pipeline = partition([{ at: '09:00:00' }, { at: '09:10:00' }])
    expect(closedCount(watermarkAt(pipeline, '09:40:00'))).toStrictEqual({})
    expect(pipeline.state.sessions.open).toBe(1)
    expect(closedCount(watermarkAt(pipeline, '09:40:00.001'))).toStrictEqual({ '': 1 })
    expect(pipeline.state.sessions.open).toBe(0)
  })

  test('an event on the watermark itself is not late and prolongs a session that is just not closed', () => {
    const pipeline = watermarkAt(partition([{ at: '09:00:00' }]), '09:30:00')
    feed(pipeline, [aClickEvent({ at: '09:30:00', loggedAt: '11:30:00' })], true)
    feed(pipeline, [aClickEvent({ at: '09:29:59.999', loggedAt: '11:30:00' })], true)
    expect(totals(pipeline.state)).toMatchObject({ sessions_open: 1, events_dropped_total: { late: 1 } })
    watermarkAt(pipeline, '10:00:00')
    expect(pipeline.state.sessions.open).toBe(1)
    watermarkAt(pipeline, '10:00:00.001')
    expect(totals(pipeline.state).session_duration_seconds_sum).toBe(30 * 60_000)
  })

  test('one record closes every session it leaves behind', () => {
    const idle = Array.from({ length: 50 }, (_, index) => ({ at: '09:00:00', user: `user-${index}` }))
    const pipeline = partition([...idle, { at: '11:30:00.001', user: 'zoe' }])
    expect(closedCount(pipeline)).toStrictEqual({ '': 50 })
    expect(pipeline.state.sessions.open).toBe(1)
  })

  test('a user who comes back after the close begins another session', () => {
    const pipeline = watermarkAt(partition([{ at: '09:00:00' }]), '09:30:00.001')
    feed(pipeline, [aClickEvent({ at: '12:00:00' })], true)
    pipeline.closeAll()
    expect(totals(pipeline.state)).toMatchObject({
      sessions_started_total: { '': 2 },
      sessions_closed_total: { '': 2 },
    })
  })

  test('a lateness without end closes nothing until the end of the file', () => {
    const pipeline = partition([{ at: '09:00:00' }, { at: '23:00:00' }], {
      allowedLatenessMs: Number.POSITIVE_INFINITY,
    })
    expect(totals(pipeline.state)).toMatchObject({ sessions_open: 2, sessions_started_total: {} })
    pipeline.closeAll()
    expect(totals(pipeline.state)).toMatchObject({
      sessions_open: 0,
      sessions_started_total: { '': 2 },
      sessions_closed_total: { '': 2 },
    })
  })

  test('the next due time is a start, then a close, then never', () => {
    const pipeline = partition([{ at: '09:00:00' }, { at: '09:10:00' }])
    expect(pipeline.nextDueMs()).toBe(at('09:00:00'))
    expect(watermarkAt(pipeline, '09:00:00').nextDueMs()).toBe(at('09:40:00.001'))
    expect(watermarkAt(pipeline, '09:40:00').nextDueMs()).toBe(at('09:40:00.001'))
    expect(watermarkAt(pipeline, '09:40:00.001').nextDueMs()).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('the gauge of sessions open for a day', () => {
  const halfHours = Array.from({ length: 52 }, (_, index) => {
    const hours = String(Math.floor(index / 2)).padStart(2, '0')
    return { at: `${hours}:${index % 2 === 0 ? '00' : '30'}:00` }
  })

  test('goes up when the watermark is 24 hours past the start, and down when the session closes', () => {
    const pipeline = partition(halfHours)
    const over = (time: string): number => watermarkAt(pipeline, time).state.counters.openOver24h
    expect(over('23:59:59.999')).toBe(0)
    expect(over('24:00:00')).toBe(1)
    expect(over('26:00:00')).toBe(1)
    expect(pipeline.state.sessions.open).toBe(1)
    expect(over('26:00:00.001')).toBe(0)
    expect(totals(pipeline.state)).toMatchObject({
      sessions_started_total: { '': 1 },
      sessions_closed_total: { '': 1 },
      session_duration_seconds_sum: 25.5 * HOUR_MS,
    })
  })

  test('never counts a session that closes before', () => {
    const pipeline = partition(halfHours.slice(0, 40))
    expect(watermarkAt(pipeline, '48:00:00').state.counters.openOver24h).toBe(0)
  })

  test('counts nothing twice when a long session closes at once', () => {
    const pipeline = partition(halfHours)
    pipeline.closeAll()
    expect(totals(pipeline.state)).toMatchObject({ sessions_open_over_24h: 0, sessions_closed_total: { '': 1 } })
  })

  test('stays up over a merge with a session beyond the watermark', () => {
    const ahead = { at: '26:15:00' }
    const pipeline = watermarkAt(partition([...halfHours.slice(0, 51), ahead]), '24:30:00')
    expect(totals(pipeline.state)).toMatchObject({ sessions_open: 2, sessions_open_over_24h: 1 })
    feed(pipeline, [aClickEvent({ at: '25:20:00', loggedAt: '27:00:00' })], true)
    feed(pipeline, [aClickEvent({ at: '25:50:00', loggedAt: '27:00:00' })], true)
    expect(totals(pipeline.state)).toMatchObject({ sessions_open: 1, sessions_open_over_24h: 1 })
    expect(watermarkAt(pipeline, '27:00:00').state.counters.openOver24h).toBe(0)
  })
})

describe('funnels', () => {
  const steps = (types: readonly EventType[]): unknown =>
    closed(types.map((type, index) => ({ at: `09:00:0${index}`, type }))).funnel_sessions_total

  test.each<[EventType[], object]>([
    [['page_view'], { 'purchase/view': 1 }],
    [['page_view', 'add_to_cart'], { 'purchase/view': 1, 'purchase/cart': 1 }],
    [['purchase', 'add_to_cart', 'page_view'], { 'purchase/view': 1, 'purchase/cart': 1, 'purchase/purchase': 1 }],
    [['page_view', 'purchase'], { 'purchase/view': 1 }],
    [['add_to_cart', 'purchase'], {}],
    [['page_view', 'page_view', 'add_to_cart', 'add_to_cart'], { 'purchase/view': 1, 'purchase/cart': 1 }],
  ])('%j reaches %j', (types, reached) => {
    expect(steps(types)).toStrictEqual(reached)
  })

  test('steps with a page ask for an event of the type on a page that matches', () => {
    const funnels = [
      {
        name: 'product',
        steps: [
          { name: 'list', event: 'page_view' as const, page: '/list' },
          { name: 'detail', event: 'click' as const, page: '/product/*' },
        ],
      },
    ]
    const reached = (words: readonly ClickEventWords[]): unknown => closed(words, { funnels }).funnel_sessions_total
    const list = { at: '09:00:00', page: '/list?sort=price' }
    expect(reached([list, { at: '09:00:01', type: 'click', page: '/product/7' }])).toStrictEqual({
      'product/list': 1,
      'product/detail': 1,
    })
    expect(reached([list, { at: '09:00:01', page: '/product/7' }])).toStrictEqual({ 'product/list': 1 })
    expect(reached([list, { at: '09:00:01', type: 'click', page: '/other' }])).toStrictEqual({ 'product/list': 1 })
    expect(reached([list, { at: '09:00:01', type: 'click', page: undefined }])).toStrictEqual({ 'product/list': 1 })
  })
})

describe('the time from checkout to purchase', () => {
  const observed = (words: readonly [EventType, string][]): unknown[] => {
    const result = closed(words.map(([type, time]) => ({ type, at: time })))
    const buckets = result.checkout_to_purchase_seconds as number[]
    return [buckets.reduce((sum, count) => sum + count, 0), result.checkout_to_purchase_seconds_sum]
  }

  test.each<[string, [EventType, string][], number[]]>([
    [
      'is the first checkout to the first purchase',
      [
        ['checkout', '09:00:00'],
        ['checkout', '09:01:00'],
        ['purchase', '09:02:00'],
        ['purchase', '09:03:00'],
      ],
      [1, 120_000],
    ],
    [
      'is the same in any order of arrival',
      [
        ['purchase', '09:03:00'],
        ['purchase', '09:02:00'],
        ['checkout', '09:01:00'],
        ['checkout', '09:00:00'],
      ],
      [1, 120_000],
    ],
    [
      'may be no time at all',
      [
        ['checkout', '09:00:00'],
        ['purchase', '09:00:00'],
      ],
      [1, 0],
    ],
    [
      'is not taken when the purchase came first',
      [
        ['purchase', '09:00:00'],
        ['checkout', '09:01:00'],
      ],
      [0, 0],
    ],
    ['is not taken without a purchase', [['checkout', '09:00:00']], [0, 0]],
    ['is not taken without a checkout', [['purchase', '09:00:00']], [0, 0]],
    [
      'is not taken over two sessions',
      [
        ['checkout', '09:00:00'],
        ['purchase', '09:30:00.001'],
      ],
      [0, 0],
    ],
  ])('%s', (_rule, words, expected) => {
    expect(observed(words)).toStrictEqual(expected)
  })
})

describe('bounces', () => {
  const view = (time: string): ClickEventWords => ({ at: time })
  const other = (type: EventType, time: string): ClickEventWords => ({ at: time, type })
  const all = { single_page: 1, no_interaction: 1, ga4: 1 }

  test.each<[string, ClickEventWords[], object]>([
    ['one view', [view('09:00:00')], all],
    ['two views', [view('09:00:00'), view('09:00:01')], {}],
    ['a view and a scroll', [view('09:00:00'), other('scroll', '09:00:01')], { single_page: 1, ga4: 1 }],
    ['a view and a scroll, exactly 10 s', [view('09:00:00'), other('scroll', '09:00:10')], { single_page: 1, ga4: 1 }],
    ['a view and a scroll, longer', [view('09:00:00'), other('scroll', '09:00:10.001')], { single_page: 1 }],
    ['a view and a key event', [view('09:00:00'), other('purchase', '09:00:01')], { single_page: 1 }],
    ['a click alone', [other('click', '09:00:00')], { ga4: 1 }],
    ['a key event alone', [other('purchase', '09:00:00')], {}],
    ['a long session without views', [other('click', '09:00:00'), other('click', '09:10:00')], {}],
  ])('%s', (_case, words, bounced) => {
    expect(closed(words).sessions_bounced_total).toStrictEqual(bounced)
  })

  test('by GA4 follow the configured key events and duration', () => {
    const bounced = (words: ClickEventWords[], options: Partial<ReferenceOptions>): unknown =>
      closed(words, options).sessions_bounced_total
    expect(bounced([other('search', '09:00:00')], { keyEvents: ['search'] })).toStrictEqual({})
    expect(bounced([other('purchase', '09:00:00')], { keyEvents: ['search'] })).toStrictEqual({ ga4: 1 })
    expect(bounced([view('09:00:00')], { engagedAfterMs: 0 })).toStrictEqual(all)
  })
})
