import { createHash } from 'node:crypto'
import { isbot } from 'isbot'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type ClickEvent, EVENT_TYPES } from '../../consumer/contract/click-event.ts'
import type { BuiltInDialect } from '../../consumer/contract/dialects.ts'
import { partitionOf } from '../../consumer/contract/partitioner.ts'
import { pageLabel } from '../../consumer/core/page-label.ts'
import { DISORDERS, type Disorders } from '../../consumer/settings/disorders.ts'
import {
  aTraffic,
  endedVisitsOf,
  eventsOf,
  FLAT_DAY,
  START_MS,
  seconds,
  shareOf,
  type TrafficWords,
  tolerance,
  visitsOf,
} from './journeys-traffic-run.ts'

const DIALECTS: BuiltInDialect[] = ['user-events', 'records', 'ecommerce', 'rees46']
const DISORDERED = Object.fromEntries(DISORDERS.map((kind) => [kind, 0.03])) as Disorders

const eventsIn = (count: number, words: TrafficWords = {}): ClickEvent[] =>
  eventsOf(seconds(count, words), words.dialect)
const has = (visit: readonly ClickEvent[], type: string): boolean => visit.some((event) => event.type === type)
const users = (visits: readonly ClickEvent[][]): Set<string> => new Set(visits.map(([first]) => first!.userId))

describe('traffic is the same on every machine', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  test.each([
    ['user-events', '71ff2be7a7585bed'],
    ['records', 'c362b42abc699938'],
    ['ecommerce', 'cd019562b90bd764'],
    ['rees46', '5a7ab90017a33d36'],
  ] as const)('%s: the first 2,000 records are these', (dialect, digest) => {
    const hash = createHash('sha256')
    const traffic = aTraffic({ dialect, yaml: '', effects: { newPaths: 0.1, viral: 0.1, botVisits: 0.1 } })
    for (const { key, value, timeMs } of traffic.take(2000, Number.POSITIVE_INFINITY)) {
      hash.update(`${key} ${timeMs} `).update(value)
    }
    expect(hash.digest('hex').slice(0, 16)).toBe(digest)
  })

  test('it asks neither the clock nor chance nor a function that engines may round differently', () => {
    const refuse = (): never => {
      throw new Error('not the same on every machine')
    }
    vi.spyOn(Date, 'now').mockImplementation(refuse)
    for (const name of ['random', 'exp', 'log', 'log2', 'log10', 'pow', 'sin', 'cos', 'tan', 'sqrt'] as const) {
      vi.spyOn(Math, name).mockImplementation(refuse)
    }
    expect(seconds(10, { disorder: DISORDERED, dialect: 'ecommerce' }).length).toBeGreaterThan(500)
  })

  test.each([
    ['seed', { seed: 8 }],
    ['run', { run: 1 }],
  ])('another %s makes other visits', (_, other) => {
    const doings = (words: TrafficWords): string[] =>
      eventsIn(30, words).map(({ userId, page, timeMs }) => `${userId} ${page} ${timeMs}`)
    const known = new Set(doings({}))
    expect(shareOf(doings(other), (doing) => known.has(doing))).toBeLessThan(0.01)
  })

  test('the shop and its prices stay the same in every run of a seed', () => {
    const prices = new Map<string, string>()
    const events = [...eventsIn(60, { dialect: 'ecommerce' }), ...eventsIn(60, { dialect: 'ecommerce', run: 1 })]
    for (const { productId, price } of events) {
      if (productId === undefined) continue
      expect(price).toBe(prices.get(productId) ?? price)
      prices.set(productId, price!)
    }
    expect(prices.size).toBeGreaterThan(100)
  })

  test('disorder of records leaves what people do as it is', () => {
    const key = ({ userId, page, type, timeMs }: ClickEvent): string => `${userId} ${page} ${type} ${timeMs}`
    const doings = new Set(eventsIn(60, { disorder: { duplicate: 0.2, out_of_order: 0.2 } }).map(key))
    // Whoever is held back at the end is not among them yet.
    expect(shareOf(eventsIn(60).map(key), (doing) => doings.has(doing))).toBeGreaterThan(0.75)
    expect(new Set(eventsIn(60, { disorder: { duplicate: 0.5 } }).map(key))).toEqual(new Set(eventsIn(60).map(key)))
  })
})

describe('ids', () => {
  test('no event id comes twice, in one run or another', () => {
    const ids = [0, 1, 2, 10].flatMap((run) => eventsIn(60, { run }).map(({ eventId }) => eventId))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('session ids of one run do not come in another', () => {
    const runs = [0, 1, 2].map((run) => visitsOf(eventsIn(60, { run })).map(([first]) => first!.sessionId))
    expect(new Set(runs.flat()).size).toBe(runs.flat().length)
  })

  test('a session belongs to one user, and the key of a record is that user', () => {
    const records = seconds(60, { disorder: { bot: 0.1 } })
    const events = eventsOf(records)
    expect(events.map(({ userId }) => userId)).toEqual(records.map(({ key }) => key))
    for (const visit of visitsOf(events)) expect(new Set(visit.map(({ userId }) => userId)).size).toBe(1)
  })
})

describe('what is sent is what happened', () => {
  test.each(DIALECTS)('%s: every record is accepted, in the order of its time', (dialect) => {
    const records = seconds(60, { dialect })
    const events = eventsOf(records, dialect)
    const exact = dialect === 'rees46' ? (timeMs: number) => timeMs - (timeMs % 1000) : (timeMs: number) => timeMs
    expect(events.map(({ timeMs }) => timeMs)).toEqual(records.map(({ timeMs }) => exact(timeMs)))
    const times = records.map(({ timeMs }) => timeMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.every((timeMs) => Number.isInteger(timeMs) && timeMs >= START_MS)).toBe(true)
  })

  test('the dialects tell the same story', () => {
    const story = (dialect: BuiltInDialect): string[] =>
      eventsIn(60, { dialect }).map(({ eventId, userId, type, page, timeMs }) =>
        [eventId, userId, type, page, timeMs].join(' '),
      )
    expect(story('records')).toEqual(story('user-events'))
    expect(story('ecommerce')).toEqual(story('user-events'))
  })

  test('the time spent is the time until the next event of the visit', () => {
    for (const visit of visitsOf(eventsIn(60))) {
      for (const [index, { timeMs }] of visit.entries()) {
        if (index > 0) expect(timeMs - visit[index - 1]!.timeMs).toBe(visit[index - 1]!.durationMs)
      }
    }
  })

  test('what is bought is what was put into the cart last, at its price', () => {
    const bought = visitsOf(eventsIn(300, { dialect: 'ecommerce' })).filter((visit) => has(visit, 'purchase'))
    expect(bought.length).toBeGreaterThan(100)
    for (const visit of bought) {
      const at = visit.findIndex(({ type }) => type === 'purchase')
      const added = visit.slice(0, at).findLast(({ type }) => type === 'add_to_cart')!
      const { productId, price, currency } = visit[at]!
      expect({ productId, price, currency }).toEqual({
        productId: added.productId,
        price: added.price,
        currency: 'EUR',
      })
      expect(added.page).toBe(`/product/${productId}`)
    }
  })

  test('device, country and browser of a person stay, and are those of the model', () => {
    const events = eventsIn(600, { dialect: 'ecommerce', visitors: 500 })
    const people = Map.groupBy(events, ({ userId }) => userId)
    for (const own of people.values())
      expect(new Set(own.map((it) => JSON.stringify([it.device, it.geo]))).size).toBe(1)
    const firsts = [...people.values()].map(([first]) => first!)
    expect(new Set(firsts.map(({ device }) => device!.type))).toEqual(new Set(['desktop', 'mobile', 'tablet']))
    expect(new Set(firsts.map(({ geo }) => geo!.country)).size).toBe(9)
    const german = shareOf(firsts, ({ geo }) => geo!.country === 'DE')
    expect(Math.abs(german - 0.16)).toBeLessThan(tolerance(0.16, firsts.length))
    expect(firsts.some(({ userAgent }) => isbot(userAgent))).toBe(false)
  })

  test('every event of a visit carries the tags of its campaign', () => {
    const visits = visitsOf(eventsIn(120, { dialect: 'ecommerce' }))
    for (const visit of visits) expect(new Set(visit.map(({ utm }) => JSON.stringify(utm))).size).toBe(1)
    const paid = shareOf(visits, ([first]) => first!.utm?.campaign === 'spring_sale')
    expect(Math.abs(paid - 0.09)).toBeLessThan(tolerance(0.09, visits.length))
  })
})

describe('visits', () => {
  test.each([0, 4, 12, 20])('from %d o’clock, a minute shows all kinds of event and the whole funnel', (hour) => {
    const events = eventsIn(60, { yaml: '', startMs: START_MS + hour * 3_600_000, load: { eventsPerSecond: 200 } })
    const known = EVENT_TYPES.filter((type) => type !== 'custom')
    expect(known.filter((type) => !has(events, type))).toEqual([])
    const steps = ['page_view', 'add_to_cart', 'checkout', 'purchase']
    expect(visitsOf(events).some((visit) => steps.every((type) => has(visit, type)))).toBe(true)
  })

  test('begin with a page view', () => {
    for (const [first] of visitsOf(eventsIn(60))) expect(first!.type).toBe('page_view')
  })

  test('of one person do not overlap: they come back after more than a minute', () => {
    const byUser = Map.groupBy(visitsOf(eventsIn(600, { visitors: 500 })), ([first]) => first!.userId)
    const absences = [...byUser.values()].flatMap((visits) =>
      visits.slice(1).map(([first], index) => first!.timeMs - visits[index]!.at(-1)!.timeMs),
    )
    expect(absences.length).toBeGreaterThan(1000)
    expect(Math.min(...absences)).toBeGreaterThan(60_000)
  })

  test('of a site with so many visitors on it: so many are there', () => {
    const events = eventsIn(600, { load: { visitorsOnSite: 500 } })
    const visits = visitsOf(events)
    const momentsMs = Array.from({ length: 100 }, (_, index) => START_MS + 120_000 + index * 4_000)
    const present = momentsMs.map(
      (atMs) =>
        visits.filter((visit) => visit[0]!.timeMs <= atMs && atMs < visit.at(-1)!.timeMs + visit.at(-1)!.durationMs!)
          .length,
    )
    const mean = present.reduce((sum, count) => sum + count) / present.length
    // Moments 4 s apart see mostly the same people: some thirty of the hundred are independent.
    expect(Math.abs(mean - 500)).toBeLessThan(4 * Math.sqrt(500 / 30))
  })

  test('look at popular products most', () => {
    const views = eventsIn(300).filter(({ type, page }) => type === 'page_view' && page!.startsWith('/product/'))
    const harmonic = Array.from({ length: 200 }, (_, rank) => 1 / (rank + 1)).reduce((sum, part) => sum + part)
    const first = shareOf(views, ({ page }) => page === '/product/1000')
    expect(Math.abs(first - 1 / harmonic)).toBeLessThan(tolerance(1 / harmonic, views.length))
  })
})

describe('effects', () => {
  test('viral: the share of the visits lands on one product, with the campaign, and mostly sees nothing else', () => {
    const visits = endedVisitsOf(eventsIn(300, { dialect: 'ecommerce', effects: { viral: 0.6 } }))
    const viral = visits.filter(([first]) => first!.utm?.campaign === 'gone_viral')
    expect(Math.abs(viral.length / visits.length - 0.6)).toBeLessThan(tolerance(0.6, visits.length))
    expect(new Set(viral.map(([first]) => first!.page)).size).toBe(1)
    const bounced = shareOf(viral, (visit) => visit.filter(({ type }) => type === 'page_view').length === 1)
    expect(bounced).toBeGreaterThan(0.85)
  })

  test('failedPurchases: nobody buys, and checkouts are as before', () => {
    const failing = endedVisitsOf(eventsIn(300, { effects: { failedPurchases: 1 } }))
    expect(failing.some((visit) => has(visit, 'purchase'))).toBe(false)
    const checkouts = shareOf(failing, (visit) => has(visit, 'checkout'))
    const usual = shareOf(endedVisitsOf(eventsIn(300)), (visit) => has(visit, 'checkout'))
    expect(Math.abs(checkouts - usual)).toBeLessThan(2 * tolerance(usual, failing.length))
  })

  test('paymentDelayMs: from checkout to purchase it takes longer, by half to one and a half of it', () => {
    const payments = (words: TrafficWords): number[] =>
      visitsOf(eventsIn(600, words)).flatMap((visit) =>
        visit.flatMap(({ type, timeMs }, index) =>
          type === 'purchase' && visit[index - 1]!.type === 'checkout' ? [timeMs - visit[index - 1]!.timeMs] : [],
        ),
      )
    const slow = payments({ effects: { paymentDelayMs: 40_000 } })
    expect(slow.length).toBeGreaterThan(200)
    expect(Math.min(...slow)).toBeGreaterThan(20_000)
    expect(Math.max(...slow)).toBeLessThan(60_000 + 12_000)
    expect(Math.max(...payments({}))).toBeLessThanOrEqual(12_000)
  })

  test('newPaths: the share of page views goes to paths never seen before, whose labels stay apart', () => {
    const views = eventsIn(120, { effects: { newPaths: 0.5 } }).filter(({ type }) => type === 'page_view')
    const offers = views.filter(({ page }) => page!.startsWith('/offer/'))
    expect(Math.abs(offers.length / views.length - 0.5)).toBeLessThan(tolerance(0.5, views.length))
    expect(new Set(offers.map(({ page }) => pageLabel(page!))).size).toBe(offers.length)
    for (const { page } of offers) expect(pageLabel(page!)).toBe(page)
    const next = eventsIn(120, { run: 1, effects: { newPaths: 0.5 } }).map(({ page }) => page)
    const seen = new Set(offers.map(({ page }) => page))
    expect(next.filter((page) => seen.has(page))).toEqual([])
  })

  test('silentPartition: nobody comes whose events belong into it, the others are as many as before', () => {
    const records = seconds(120, { effects: { silentPartition: 2 }, disorder: { bot: 0.1 } })
    const counts = [0, 0, 0, 0]
    for (const { key } of records) counts[partitionOf(Buffer.from(key), 4)]! += 1
    expect(counts[2]).toBe(0)
    for (const partition of [0, 1, 3]) expect(counts[partition]).toBeGreaterThan(3000)
  })

  test.each<[string, TrafficWords, number]>([
    ['botVisits: so many for each ordinary visit', { effects: { botVisits: 3 } }, 0.75],
    ['disorder.bot: so many of the visits', { disorder: { bot: 0.2 } }, 0.2],
  ])('%s are of bots', (_, words, share) => {
    const visits = visitsOf(eventsIn(60, words))
    const bots = visits.filter(([first]) => isbot(first!.userAgent))
    expect(Math.abs(bots.length / visits.length - share)).toBeLessThan(tolerance(share, visits.length))
    expect(users(bots).size).toBe(bots.length)
    const pages = bots.map((visit) => visit.length).reduce((sum, length) => sum + length) / bots.length
    expect(pages).toBeGreaterThan(24)
    expect(bots.flat().filter(({ durationMs }) => durationMs! > 800)).toEqual([])
  })
})

describe('an option out of its range is refused by name', () => {
  test.each<[string, TrafficWords]>([
    ['visitors', { visitors: 0 }],
    ['visitors', { visitors: 2.5 }],
    ['partitions', { partitions: 0 }],
    ['startMs', { startMs: 0.5 }],
    ['startMs', { startMs: -1 }],
    ['eventsPerSecond', { load: { eventsPerSecond: -1 } }],
    ['visitorsOnSite', { load: { visitorsOnSite: Number.NaN } }],
    ['allowedLatenessMs', { allowedLatenessMs: -1 }],
    ['seed', { seed: -1 }],
    ['run', { run: 1_000_000 }],
  ])('%s: %j', (name, words) => {
    expect(() => aTraffic(words)).toThrow(new RegExp(`^${name} must be`))
  })

  test('a model none of whose events the dialect has records of', () => {
    const yaml = `${FLAT_DAY}mix: { look: 100 }
journeys: { look: { think_seconds: [1, 2], moves: { entrance: { view_home: 100 }, home: { leave: 100 } } } }`
    expect(() => aTraffic({ yaml, dialect: 'rees46' })).toThrow('no visit of this model makes an event')
  })
})
