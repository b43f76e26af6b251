import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adoptOptions } from '../../consumer/core/adopt-options.ts'
import type { Funnel } from '../../consumer/core/funnel.ts'
import { OTHER } from '../../consumer/core/label-table.ts'
import { type CoreOptions, optionsFromText, optionsToText } from '../../consumer/core/options.ts'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import { eventStreams, referenceOptions } from '../arbitraries.ts'
import { aClickEvent, at, type ClickEventWords } from '../builders.ts'
import { aReferenceRun, coreOptions, feed, totals } from '../core-run.ts'
import { runs } from '../property/runs.ts'

const MINUTE_MS = 60_000
const options: CoreOptions = coreOptions(aReferenceRun({ allowedLatenessMs: 2 * 60 * MINUTE_MS }))

const partition = (words: readonly ClickEventWords[], changed: Partial<CoreOptions> = {}): Pipeline =>
  more(new Pipeline({ ...options, ...changed }), words)

const more = (pipeline: Pipeline, words: readonly ClickEventWords[]): Pipeline =>
  feed(pipeline, words.map(aClickEvent), true)

function adopted({ state, options: before }: Pipeline, changed: Partial<CoreOptions>): Pipeline {
  const after = { ...before, ...changed }
  return new Pipeline(after, adoptOptions(state, before, after))
}

function watermarkAt(pipeline: Pipeline, time: string): Pipeline {
  pipeline.advance(at(time) + pipeline.options.allowedLatenessMs)
  return pipeline
}

function closedTotals(pipeline: Pipeline): Record<string, unknown> {
  pipeline.closeAll()
  return totals(pipeline.state)
}

describe('the same options', () => {
  test('adopted at any point, change no total then or later', () => {
    const optionsAndLog = referenceOptions().chain((drawn) => fc.tuple(fc.constant(drawn), eventStreams(drawn)))
    fc.assert(
      fc.property(optionsAndLog, fc.nat({ max: 60 }), ([drawn, log], when) => {
        const whole = feed(new Pipeline(coreOptions(drawn)), log, drawn.appendTime)
        const before = feed(new Pipeline(coreOptions(drawn)), log.slice(0, when), drawn.appendTime)
        const expected = totals(before.state)
        const after = adopted(before, {})
        expect(totals(after.state)).toStrictEqual(expected)
        feed(after, log.slice(when), drawn.appendTime)
        expect(totals(after.state)).toStrictEqual(totals(whole.state))
        expect(closedTotals(after)).toStrictEqual(closedTotals(whole))
      }),
      runs(1000),
    )
  })

  test('keep a session that has been open for a day in its gauge until it closes', () => {
    const halfHours = Array.from({ length: 52 }, (_, index) => ({
      at: `${String(index >> 1).padStart(2, '0')}:${index % 2 === 0 ? '00' : '30'}:00`,
    }))
    const pipeline = adopted(watermarkAt(partition(halfHours), '25:00:00'), {})
    expect(pipeline.state.counters.openOver24h).toBe(1)
    expect(closedTotals(pipeline)).toMatchObject({ sessions_open_over_24h: 0, sessions_started_total: { '': 1 } })
  })
})

describe('another session gap', () => {
  const threeApart: ClickEventWords[] = [
    { at: '09:00:00', page: '/in' },
    { at: '10:00:00', page: '/middle', type: 'add_to_cart' },
    { at: '11:00:00', page: '/out' },
    { at: '09:00:00', user: 'ben' },
    { at: '11:00:00', user: 'ben' },
  ]

  test.each([
    ['exactly as long as they are apart', 60 * MINUTE_MS, 3],
    ['a millisecond less', 60 * MINUTE_MS - 1, 5],
    ['long enough for both users', 120 * MINUTE_MS, 2],
    ['the same', 30 * MINUTE_MS, 5],
    ['shorter', MINUTE_MS, 5],
  ])('%s leaves open what it does not join', (_length, sessionGapMs, open) => {
    expect(adopted(partition(threeApart), { sessionGapMs }).state.sessions.open).toBe(open)
    expect(adopted(partition(threeApart.toReversed()), { sessionGapMs }).state.sessions.open).toBe(open)
  })

  test('joins neighbours into one session with all that was in them', () => {
    const pipeline = adopted(partition(threeApart.slice(0, 3)), { sessionGapMs: 60 * MINUTE_MS })
    expect(closedTotals(pipeline)).toMatchObject({
      sessions_started_total: { '': 1 },
      sessions_closed_total: { '': 1 },
      session_duration_seconds_sum: 120 * MINUTE_MS,
      session_page_views_sum: 2,
      session_entries_total: { '/in': 1 },
      session_exits_total: { '/out': 1 },
      funnel_sessions_total: { 'purchase/view': 1, 'purchase/cart': 1 },
    })
  })

  test('that is shorter closes open sessions at their new time', () => {
    const pipeline = adopted(watermarkAt(partition([{ at: '09:00:00' }]), '09:05:00'), { sessionGapMs: 10 * MINUTE_MS })
    expect(watermarkAt(pipeline, '09:10:00').state.sessions.open).toBe(1)
    expect(watermarkAt(pipeline, '09:10:00.001').state.sessions.open).toBe(0)
  })

  test('that is longer keeps open sessions to their new time, and what has closed stays closed', () => {
    const pipeline = watermarkAt(partition([{ at: '08:00:00' }, { at: '09:00:00' }]), '09:05:00')
    const longer = adopted(pipeline, { sessionGapMs: 60 * MINUTE_MS })
    expect(watermarkAt(longer, '10:00:00').state.sessions.open).toBe(1)
    expect(watermarkAt(longer, '10:00:00.001').state.sessions.open).toBe(0)
    expect(totals(longer.state)).toMatchObject({ sessions_started_total: { '': 2 }, sessions_closed_total: { '': 2 } })
  })
})

describe('another lateness', () => {
  const pipeline = (): Pipeline => watermarkAt(partition([{ at: '09:00:00' }]), '09:05:00')

  test.each([
    ['a smaller one moves the watermark on', 60 * MINUTE_MS, '10:05:00'],
    ['a larger one leaves it where it is', 300 * MINUTE_MS, '09:05:00'],
    ['one without end leaves it too', Number.POSITIVE_INFINITY, '09:05:00'],
  ])('%s', (_case, allowedLatenessMs, watermark) => {
    const after = adopted(pipeline(), { allowedLatenessMs })
    expect(after.state.clock.watermarkMs).toBe(at(watermark))
    expect(after.state.clock.streamTimeMs).toBe(at('11:05:00'))
    more(after, [{ at: '09:04:59.999', loggedAt: '11:05:00' }])
    expect(totals(after.state).events_dropped_total).toStrictEqual({ late: 1 })
  })

  test('a smaller one closes with the next record what its watermark has passed', () => {
    const after = adopted(pipeline(), { allowedLatenessMs: 0 })
    more(after, [{ at: '11:05:00', user: 'ben' }])
    expect(totals(after.state)).toMatchObject({ sessions_open: 1, sessions_closed_total: { '': 1 } })
  })

  test('remembers ids as before', () => {
    const after = adopted(partition([{ at: '09:00:00', id: 'e1' }]), { allowedLatenessMs: Number.POSITIVE_INFINITY })
    more(after, [{ at: '09:00:00', id: 'e1', loggedAt: '09:01:00' }])
    expect(totals(after.state).events_dropped_total).toStrictEqual({ duplicate: 1 })
  })
})

describe('other funnels', () => {
  const funnel = (name: string, ...events: Funnel['steps'][number]['event'][]): Funnel => ({
    name,
    steps: events.map((event) => ({ name: event, event })),
  })
  const buy = funnel('buy', 'page_view', 'add_to_cart', 'purchase')
  const find = funnel('find', 'search', 'click')

  /** One closed session that viewed, one open session that viewed, carted and searched. */
  const earlier = (): Pipeline =>
    watermarkAt(
      partition(
        [
          { at: '08:00:00' },
          { at: '09:00:00', user: 'ben' },
          { at: '09:00:01', user: 'ben', type: 'add_to_cart' },
          { at: '09:00:02', user: 'ben', type: 'search' },
        ],
        { funnels: [buy, find] },
      ),
      '09:00:00',
    )
  const reached = (funnels: readonly Funnel[]): unknown =>
    closedTotals(adopted(earlier(), { funnels })).funnel_sessions_total

  test.each<[string, Funnel[], object]>([
    ['the same go on', [buy, find], { 'buy/page_view': 2, 'buy/add_to_cart': 1, 'find/search': 1 }],
    ['in another order go on', [find, buy], { 'buy/page_view': 2, 'buy/add_to_cart': 1, 'find/search': 1 }],
    ['behind a new one go on', [funnel('new', 'scroll'), find], { 'find/search': 1 }],
    ['a removed one is gone, the other goes on', [find], { 'find/search': 1 }],
    ['one with another step starts from nothing', [funnel('buy', 'page_view', 'purchase'), find], { 'find/search': 1 }],
    ['one with another name starts from nothing', [{ ...buy, name: 'bought' }], {}],
    ['none at all count nothing', [], {}],
  ])('%s', (_change, funnels, expected) => {
    expect(reached(funnels)).toStrictEqual(expected)
  })

  test('that are new count what happens from then on', () => {
    const after = adopted(earlier(), { funnels: [funnel('scrolled', 'scroll')] })
    more(after, [{ at: '09:00:03', user: 'ben', type: 'scroll', loggedAt: '11:00:00' }])
    expect(closedTotals(after).funnel_sessions_total).toStrictEqual({ 'scrolled/scroll': 1 })
  })
})

describe('other pages', () => {
  const views: ClickEventWords[] = [
    { at: '08:00:00', page: '/a' },
    { at: '08:00:01', page: '/b', type: 'click' },
    { at: '09:00:00', page: '/b', user: 'ben', durationMs: 500 },
    { at: '09:00:01', page: '/c', user: 'ben' },
  ]
  const earlier = (): Pipeline => watermarkAt(partition(views), '09:00:00')

  test('configured or first come, keep every counter and the pages of open sessions', () => {
    const after = adopted(earlier(), { pages: ['/c', '/new', '/a'], maxPages: 7 })
    expect(after.state.counters.pages.values.slice(2)).toStrictEqual(['/c', '/new', '/a', '/b'])
    more(after, [{ at: '09:00:02', page: '/b', user: 'ben', loggedAt: '11:00:00' }])
    expect(closedTotals(after)).toMatchObject({
      page_views_total: { '/a': 1, '/b': 2, '/c': 1 },
      clicks_total: { '/b': 1 },
      page_engagement_seconds_total: { '/b': 500 },
      session_entries_total: { '/a': 1, '/b': 1 },
      session_exits_total: { '/a': 1, '/b': 1 },
      label_overflow_total: {},
    })
  })

  test('with less room put the rest under other, and totals stay', () => {
    const after = adopted(earlier(), { pages: [], maxPages: 1 })
    expect(closedTotals(after)).toMatchObject({
      page_views_total: { '/a': 1, [OTHER]: 2 },
      clicks_total: { [OTHER]: 1 },
      page_engagement_seconds_total: { [OTHER]: 500 },
      session_entries_total: { '/a': 1, [OTHER]: 1 },
      session_exits_total: { '/a': 1, [OTHER]: 1 },
    })
  })

  test('with more room admit more from then on', () => {
    const small = more(new Pipeline({ ...options, maxPages: 1 }), views)
    const after = adopted(small, { maxPages: 2 })
    more(after, [{ at: '09:00:02', page: '/c', user: 'ben' }])
    expect(totals(after.state).page_views_total).toStrictEqual({ '/a': 1, [OTHER]: 2, '/c': 1 })
  })
})

describe('whatever else changes', () => {
  const sale = (currency: string, priceMicros: bigint, time: string): ClickEventWords => ({
    at: time,
    type: 'purchase',
    currency,
    priceMicros,
  })
  const sales = [
    sale('EUR', 8_999_999_999_999_999n, '09:00:00'),
    sale('USD', 19_990_000n, '09:00:01'),
    sale('EUR', 2n, '09:00:02'),
  ]

  test('revenue is kept to the millionth and goes on', () => {
    const after = adopted(partition(sales), { defaultCurrency: 'CHF', pages: ['/new'], sessionGapMs: 1 })
    expect(totals(after.state).revenue_total).toStrictEqual({ EUR: 9_000_000_000_000_001n, USD: 19_990_000n })
    more(after, [sale('USD', 10_000n, '09:00:03'), { at: '09:00:04', type: 'purchase', priceMicros: 1n }])
    expect(totals(after.state).revenue_total).toStrictEqual({ EUR: 9_000_000_000_000_001n, USD: 20_000_000n, CHF: 1n })
  })

  test('sessions that close from then on are judged by the new rules', () => {
    const words: ClickEventWords[] = [{ at: '09:00:00', type: 'search' }]
    expect(closedTotals(adopted(partition(words), { keyEvents: ['search'] })).sessions_bounced_total).toStrictEqual({})
    expect(closedTotals(adopted(partition(words), {})).sessions_bounced_total).toStrictEqual({ ga4: 1 })
  })

  test('no counter goes back, whatever the options become', () => {
    const kept = (counts: Record<string, unknown>): Record<string, unknown> => {
      const names = ['records_consumed_total', 'events_total', 'events_dropped_total', 'records_rejected_total']
      const sessions = ['sessions_started_total', 'sessions_closed_total', 'sessions_bounced_total', 'revenue_total']
      return Object.fromEntries([...names, ...sessions].map((name) => [name, counts[name]]))
    }
    const changes = fc.tuple(referenceOptions(), referenceOptions(), fc.nat({ max: 3 }))
    fc.assert(
      fc.property(
        changes.chain((drawn) => fc.tuple(fc.constant(drawn), eventStreams(drawn[0]))),
        ([[first, second, maxPages], log]) => {
          const pipeline = feed(new Pipeline(coreOptions(first)), log, first.appendTime)
          const before = totals(pipeline.state)
          const after = adopted(pipeline, { ...coreOptions(second), maxPages })
          expect(kept(totals(after.state))).toStrictEqual(kept(before))
          expect(after.state.clock.watermarkMs).toBeGreaterThanOrEqual(pipeline.state.clock.watermarkMs)
          const { sessions_closed_total: closed, sessions_started_total: started } = closedTotals(after)
          expect(started).toStrictEqual(closed)
          expect(after.state.counters.openOver24h).toBe(0)
        },
      ),
      runs(1500),
    )
  })
})

test('options that come back from a snapshot are the same options: no funnel begins anew', () => {
  const pipeline = partition([
    { at: '09:00:00', id: 'e1' },
    { at: '09:00:05', id: 'e2', type: 'purchase' },
  ])
  watermarkAt(pipeline, '11:00:00')
  const expected = totals(pipeline.state)
  expect(expected).toMatchObject({ funnel_sessions_total: { 'purchase/view': 1 } })
  const before = optionsFromText(optionsToText(pipeline.options))
  expect(totals(adoptOptions(pipeline.state, before, pipeline.options))).toStrictEqual(expected)
})

test('two sessions that a late event bridges are watched for a day from the earlier start', () => {
  const hours = 60 * MINUTE_MS
  const changed = { sessionGapMs: 30 * hours, allowedLatenessMs: 200 * hours }
  const pipeline = partition([{ at: '45:00:00' }, { at: '01:00:00' }], changed)
  watermarkAt(pipeline, '02:00:00')
  more(pipeline, [{ at: '20:00:00' }])
  watermarkAt(pipeline, '26:00:00')
  expect(pipeline.state.counters.openOver24h).toBe(1)
})
