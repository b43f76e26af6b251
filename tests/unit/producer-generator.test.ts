import { afterEach, describe, expect, test, vi } from 'vitest'
import { createGenerator, type GeneratedRecord } from '../../producer/generator.ts'

const START_MS = 1_714_567_890_000

interface Sent {
  event_id: string
  user_id: number
  session_id: number
  page: string
  action: string
  duration: number
  timestamp: number
  user_agent: string
  price?: number
  currency?: string
  product_id?: string
}

const textOf = (record: GeneratedRecord): string => new TextDecoder().decode(record.value)
const parse = (record: GeneratedRecord): Sent => JSON.parse(textOf(record))

interface Stretch {
  seed?: number
  run?: number
  visitors?: number
  ratePerSecond?: number
  seconds?: number
}

function generate({ seed = 7, run = 0, visitors = 10_000, ratePerSecond = 200, seconds = 60 }: Stretch = {}) {
  const generator = createGenerator({ seed, run, visitors })
  const records: GeneratedRecord[] = []
  for (let second = 0; second < seconds; second++) {
    const fromMs = START_MS + 1000 * second
    for (const record of generator.next(ratePerSecond, fromMs, fromMs + 1000)) records.push(record)
  }
  return records
}

function visitsOf(records: readonly GeneratedRecord[]): Sent[][] {
  return [...Map.groupBy(records.map(parse), (sent) => sent.session_id).values()]
}

/** Visits that had time to go on and did not: those still under way would look shorter than they are. */
function endedVisitsOf(records: readonly GeneratedRecord[]): Sent[][] {
  const endMs = records.at(-1)!.timeMs
  return visitsOf(records).filter((visit) => endMs - visit.at(-1)!.timestamp * 1000 > 30_000)
}

const percentOf = <T>(all: readonly T[], holds: (one: T) => boolean): number =>
  (100 * all.filter(holds).length) / all.length
const gapsOf = (visit: readonly Sent[]): number[] =>
  visit.slice(1).map((sent, index) => sent.timestamp - visit[index]!.timestamp)

describe('generator: determinism', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  test('the same seed, run and calls give the same bytes', () => {
    expect(generate()).toEqual(generate())
  })

  test.each([
    ['seed', { seed: 8 }],
    ['run', { run: 1 }],
  ])('another %s gives another clickstream', (_, other) => {
    const doings = (records: GeneratedRecord[]): string[] =>
      records.map(parse).map(({ user_id, page, timestamp }) => `${user_id} ${page} ${timestamp}`)
    const known = new Set(doings(generate()))
    expect(percentOf(doings(generate(other)), (doing) => known.has(doing))).toBeLessThan(1)
  })

  test('the shop and its prices stay the same in every run of a seed', () => {
    const prices = new Map<string, number>()
    for (const sent of [...generate({ seconds: 200 }), ...generate({ seconds: 200, run: 1 })].map(parse)) {
      if (sent.product_id === undefined) continue
      expect(sent.price).toBe(prices.get(sent.product_id) ?? sent.price)
      prices.set(sent.product_id, sent.price!)
    }
    expect(prices.size).toBeGreaterThan(50)
  })

  test('asks neither the clock nor chance nor a function that engines may round differently', () => {
    const refuse = (): never => {
      throw new Error('not the same on every machine')
    }
    vi.spyOn(Date, 'now').mockImplementation(refuse)
    for (const name of ['random', 'exp', 'log', 'log2', 'log10', 'pow', 'sin', 'cos', 'tan'] as const) {
      vi.spyOn(Math, name).mockImplementation(refuse)
    }
    expect(generate({ seconds: 10 })).toHaveLength(2000)
  })
})

describe('generator: ids', () => {
  test('no event id comes twice within 200,000 events', () => {
    const records = generate({ ratePerSecond: 20_000, seconds: 10 })
    expect(new Set(records.map((record) => parse(record).event_id)).size).toBe(200_000)
  })

  test('neither event ids nor session ids come again in the runs that follow', () => {
    const runs = [0, 1, 2, 10].map((run) => generate({ run, seconds: 30 }).map(parse))
    const sent = runs.flat()
    expect(new Set(sent.map(({ event_id }) => event_id)).size).toBe(sent.length)
    const sessionsOf = (of: Sent[]): Set<number> => new Set(of.map(({ session_id }) => session_id))
    expect(sessionsOf(sent).size).toBe(runs.map((run) => sessionsOf(run).size).reduce((sum, size) => sum + size))
  })

  test('a session id belongs to one user, and the key of a record is that user', () => {
    const records = generate()
    for (const visit of visitsOf(records)) expect(new Set(visit.map(({ user_id }) => user_id)).size).toBe(1)
    for (const record of records) expect(record.key).toBe(String(parse(record).user_id))
  })
})

describe('generator: records', () => {
  const ACTIONS = ['view', 'click', 'scroll', 'search', 'add_to_cart', 'remove_from_cart', 'checkout', 'purchase']

  test('every record has the fields of the dialect with their types', () => {
    for (const record of generate()) {
      const sent = parse(record)
      expect(sent.event_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(Number.isSafeInteger(sent.user_id) && sent.user_id > 0).toBe(true)
      expect(Number.isSafeInteger(sent.session_id) && sent.session_id > 0).toBe(true)
      expect(sent.page).toMatch(/^\/(|cart|checkout|confirmation|category\/[a-z-]+|product\/\d+|search\?q=[^ ]+)$/)
      expect(ACTIONS).toContain(sent.action)
      expect(sent.duration > 0 && sent.duration <= 12).toBe(true)
      expect(Math.round(sent.timestamp * 1000)).toBe(record.timeMs)
      expect(sent.user_agent).toMatch(/^Mozilla\/5\.0 \(/)
    }
  })

  test('a purchase, and only a purchase, names product, currency and a plain price with two digits', () => {
    const texts = generate().map(textOf)
    const purchases = texts.filter((text) => text.includes('"action":"purchase"'))
    expect(purchases.length).toBeGreaterThan(10)
    for (const text of purchases) expect(text).toMatch(/,"price":[1-9]\d*\.\d\d,"currency":"EUR","product_id":"\d+",/)
    for (const text of texts) expect(text.includes('"price"')).toBe(text.includes('"action":"purchase"'))
  })

  test('what is bought is what was put into the cart last', () => {
    const bought = visitsOf(generate({ seconds: 120 })).filter((visit) =>
      visit.some(({ action }) => action === 'purchase'),
    )
    expect(bought.length).toBeGreaterThan(100)
    for (const visit of bought) {
      const purchase = visit.findIndex(({ action }) => action === 'purchase')
      const added = visit.slice(0, purchase).findLast(({ action }) => action === 'add_to_cart')
      expect(added?.page).toBe(`/product/${visit[purchase]!.product_id}`)
    }
  })
})

describe('generator: time', () => {
  test.each([
    ['one record in one millisecond', 1, 1],
    ['one record in an hour', 1, 3_600_000],
    ['more records than milliseconds', 5000, 100],
    ['few records', 3, 1000],
  ])('%s: event times are in order, after fromMs and not after toMs', (_, count, spanMs) => {
    const generator = createGenerator({ seed: 7, run: 0, visitors: 100 })
    for (let call = 0; call < 20; call++) {
      const fromMs = START_MS + call * spanMs
      const times = generator.next(count, fromMs, fromMs + spanMs).map(({ timeMs }) => timeMs)
      expect(times).toHaveLength(count)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(times.every((timeMs) => Number.isInteger(timeMs) && timeMs > fromMs && timeMs <= fromMs + spanMs)).toBe(
        true,
      )
    }
  })

  test('event times fill the span evenly', () => {
    const times = createGenerator({ seed: 7, run: 0, visitors: 100 }).next(1000, START_MS, START_MS + 100_000)
    const tenths = new Array<number>(10).fill(0)
    for (const { timeMs } of times) tenths[Math.ceil((timeMs - START_MS) / 10_000) - 1]! += 1
    expect(tenths).toEqual(new Array(10).fill(100))
  })

  test.each([
    ['count', -1, 0, 100],
    ['count', 1.5, 0, 100],
    ['fromMs and toMs', 1, 100, 100],
    ['fromMs and toMs', 1, 0.5, 100],
    ['fromMs must not lie before', 1, -200, 100],
  ])('refuses, naming it, a wrong %s (count %d, from %d, to %d)', (name, count, fromOffsetMs, toOffsetMs) => {
    const generator = createGenerator({ seed: 7, run: 0, visitors: 100 })
    generator.next(1, START_MS - 100, START_MS)
    expect(() => generator.next(count, START_MS + fromOffsetMs, START_MS + toOffsetMs)).toThrow(name)
  })

  test.each([0, -5, 2.5])('refuses %d visitors', (visitors) => {
    expect(() => createGenerator({ seed: 7, run: 0, visitors })).toThrow(/^visitors must be/)
  })
})

describe('generator: visits', () => {
  test.each([
    [1, 3000],
    [200, 120],
    [10_000, 15],
  ])('at %d per second the pace of a visit stays: some seconds between events, never 30', (ratePerSecond, seconds) => {
    const gaps = visitsOf(generate({ ratePerSecond, seconds })).flatMap(gapsOf)
    expect(Math.max(...gaps.map((gap) => Math.ceil(gap)))).toBeLessThanOrEqual(24)
    const mean = gaps.reduce((sum, gap) => sum + gap) / gaps.length
    expect(mean).toBeGreaterThan(2)
    expect(mean).toBeLessThan(6)
  })

  test('when the rate drops, nobody waits for their turn for 30 seconds: they have left', () => {
    const generator = createGenerator({ seed: 7, run: 0, visitors: 10_000 })
    const records = generator.next(20_000, START_MS, START_MS + 20_000)
    for (let second = 20; second < 120; second++) {
      const fromMs = START_MS + 1000 * second
      records.push(...generator.next(5, fromMs, fromMs + 1000))
    }
    for (const visit of visitsOf(records)) for (const gap of gapsOf(visit)) expect(gap).toBeLessThanOrEqual(24)
  })

  test('the number of people on the site follows the rate', () => {
    const activeAt = (ratePerSecond: number): number => {
      const last = generate({ ratePerSecond, seconds: 30 }).slice(-10 * ratePerSecond)
      return new Set(last.map(({ key }) => key)).size / ratePerSecond
    }
    expect(activeAt(2000) / activeAt(200)).toBeGreaterThan(0.8)
    expect(activeAt(2000) / activeAt(200)).toBeLessThan(1.25)
  })

  test('people come back, after more than a minute and with a new session', () => {
    const visitsByUser = Map.groupBy(visitsOf(generate({ seconds: 300, visitors: 1000 })), (visit) => visit[0]!.user_id)
    const absences = [...visitsByUser.values()].flatMap((visits) =>
      visits.slice(1).map((visit, index) => visit[0]!.timestamp - visits[index]!.at(-1)!.timestamp),
    )
    expect(absences.length).toBeGreaterThan(1000)
    for (const absence of absences) expect(absence).toBeGreaterThan(60)
  })

  test('every visit begins with a page view', () => {
    for (const visit of visitsOf(generate())) expect(visit[0]!.action).toBe('view')
  })

  test('a minute shows every action, and sessions that a gap of 30 seconds has closed', () => {
    const records = generate({ seconds: 60 })
    const actions = Map.groupBy(records.map(parse), ({ action }) => action)
    expect(actions.size).toBe(8)
    expect(endedVisitsOf(records).length).toBeGreaterThan(500)
  })

  test('ten minutes at 200 per second are a funnel worth looking at', () => {
    const visits = endedVisitsOf(generate({ seconds: 600 }))
    const reaching = (action: string): number =>
      percentOf(visits, (visit) => visit.some((sent) => sent.action === action))
    const singlePage = percentOf(visits, (visit) => visit.filter(({ action }) => action === 'view').length === 1)
    expect(singlePage).toBeGreaterThan(35)
    expect(singlePage).toBeLessThan(45)
    expect(reaching('add_to_cart')).toBeGreaterThan(17)
    expect(reaching('add_to_cart')).toBeLessThan(28)
    expect(reaching('checkout')).toBeGreaterThan(7)
    expect(reaching('checkout')).toBeLessThan(14)
    expect(reaching('purchase')).toBeGreaterThan(4)
    expect(reaching('purchase')).toBeLessThan(8)
    expect(reaching('search')).toBeGreaterThan(10)
    expect(reaching('remove_from_cart')).toBeGreaterThan(0.5)
  })
})
