import { describe, expect, test } from 'vitest'
import type { EventsSummary } from '../../consumer/profile/events-profile.ts'
import { profileTable } from '../../consumer/profile/table.ts'
import { at } from '../builders.ts'
import { eventsOf, profileOf, profileOfTopic, profileOptions } from './profile-of.ts'

/** A record of the user-events dialect. */
const aView = ({ at: time = '09:00:00', ...fields }: { at?: string } & Record<string, unknown> = {}) => ({
  event_id: `at ${time}`,
  user_id: 'ann',
  action: 'view',
  page: '/home',
  timestamp: at(time) / 1000,
  ...fields,
})

const aRow = (fields: Record<string, unknown>) => ({
  event_time: '2024-05-01 09:00:00 UTC',
  event_type: 'view',
  user_id: '1',
  ...fields,
})

const oddity = ({ oddities }: EventsSummary, word: string) => oddities.find((found) => found.oddity === word)

describe('of events the profile says', () => {
  test('how complete every field of an event is, null being no value', () => {
    const { fields, dialects } = eventsOf([aView({ page: null }), aView({ at: '09:00:01', price: 1 }), aRow({})])
    const shares = Object.fromEntries(fields.map(({ field, share }) => [field, share]))
    expect(shares).toMatchObject({ userId: 1, type: 1, time: 1, eventId: 2 / 3, page: 1 / 3, price: 1 / 3, brand: 0 })
    expect(dialects).toEqual({ 'user-events': 2, rees46: 1 })
  })

  test('which keys occur, also where no dialect is known', () => {
    const { keys, objects, totals } = eventsOf([{ who: 'ann', where: { city: null, zip: 1 } }, { who: 7 }, 'no JSON'])
    expect(objects).toBe(2)
    expect(keys).toEqual([
      { key: 'who', present: 2, nulls: 0, empty: 0, types: { string: 1, number: 1 }, share: 1 },
      { key: 'where', present: 1, nulls: 0, empty: 0, types: { object: 1 }, share: 0.5 },
      { key: 'where.city', present: 0, nulls: 1, empty: 0, types: {}, share: 0 },
      { key: 'where.zip', present: 1, nulls: 0, empty: 0, types: { number: 1 }, share: 0.5 },
    ])
    expect(totals.records_rejected).toMatchObject({ unknown_dialect: 2, malformed_json: 1 })
  })

  test('that there are more keys than the 200 that are told apart', () => {
    const many = Object.fromEntries(Array.from({ length: 230 }, (_, index) => [`key ${index}`, index]))
    const { keys, keys_beyond } = eventsOf([many, many])
    expect([keys.length, keys_beyond]).toEqual([200, 60])
  })

  test('what occurs twice: ids, contents, and ids with other contents', () => {
    const one = aView({ event_id: 'one' })
    const { duplicates, totals } = eventsOf([one, one, one, aView({ event_id: 'one', page: '/cart' }), aView({})])
    expect(duplicates).toEqual({
      exact_copies: 2,
      copied_records: 1,
      repeated_ids: 3,
      ids_with_other_content: 1,
      exact: true,
    })
    expect(totals).toMatchObject({ events_accepted: 2, events_dropped: { duplicate: 3 } })
  })

  test('who the users are and how long their sessions last', () => {
    const { users, totals, session_seconds } = eventsOf([
      aView({ at: '09:00:00' }),
      aView({ at: '09:00:40' }),
      aView({ at: '10:00:00' }),
      aView({ at: '10:00:01', user_id: 'bob' }),
      aView({ at: '10:00:06', user_id: 'bob' }),
    ])
    expect(users).toMatchObject({ distinct: 2, exact: true, events_per_user: { p50: 2, max: 3 } })
    expect(users.top.top).toEqual([
      { text: 'ann', count: 3 },
      { text: 'bob', count: 2 },
    ])
    expect(session_seconds).toMatchObject({ count: 3, zeros: 1, p50: 5, mean: 15, max: 40 })
    expect(totals).toMatchObject({
      sessions_closed: 3,
      session_duration_seconds_sum: 45,
      sessions_bounced: { single_page: 1, no_interaction: 1, ga4: 1 },
    })
  })

  test('which products, brands and categories there are, with their prices by currency', () => {
    const { products, brands, categories, prices } = eventsOf([
      aRow({ product_id: 17, brand: 'acme', category_code: 'toys', price: '0.10' }),
      aRow({ product_id: '17', brand: 'acme', price: 0.2, event_type: 'purchase' }),
      aView({ price: 5, currency: 'EUR' }),
    ])
    expect(products.top).toEqual([{ text: '17', count: 2, price_sum: 0.3 }])
    expect(brands.top).toEqual([{ text: 'acme', count: 2, price_sum: 0.3 }])
    expect(categories.top).toEqual([{ text: 'toys', count: 1, price_sum: 0.1 }])
    expect(prices.currencies).toEqual({ __none__: { count: 2, sum: '0.30' }, EUR: { count: 1, sum: '5.00' } })
    expect(prices.distribution).toMatchObject({ min: 0.1, max: 5, p50: 0.2 })
  })

  test('pages by their labels', () => {
    const { pages } = eventsOf([
      aView({ at: '09:00:00', page: '/product/17?x=1' }),
      aView({ at: '09:00:01', page: '/product/18' }),
      aView({ at: '09:00:02', page: '?x' }),
    ])
    expect(pages.labels.top).toEqual([
      { text: '/product/:id', count: 2 },
      { text: '__none__', count: 1 },
    ])
    expect(pages.with_ids).toBe(2)
  })

  test('how late events are in each partition of a topic by itself, and who is in several', () => {
    const records = [
      { event: aView({ at: '09:10:00' }), partition: 0, logTimeMs: at('09:10:00') },
      { event: aView({ at: '09:00:00' }), partition: 1, logTimeMs: at('09:10:01') },
      { event: aView({ at: '09:08:00', user_id: 'bob' }), partition: 0, logTimeMs: at('09:10:02') },
      {
        event: aView({ at: '09:00:10', user_id: 'bob', action: 'purchase', price: 0.1 }),
        partition: 1,
        logTimeMs: at('09:10:03'),
      },
      {
        event: aView({ at: '09:10:10', user_id: 'cid', action: 'purchase', price: 0.2 }),
        partition: 0,
        logTimeMs: at('09:10:10'),
      },
    ]
    const { order, users, totals } = profileOfTopic(records).events!
    expect(order).toMatchObject({ out_of_order: 1 / 5, lateness_needed_seconds: { max: 120 } })
    expect(users).toMatchObject({ distinct: 3, in_several_partitions: 2 })
    expect(totals).toMatchObject({ users: 3, events_accepted: 5, sessions_closed: 5, revenue: { __none__: '0.30' } })
  })

  test('that one clock far ahead makes nobody late', () => {
    const { order } = eventsOf([
      aView({ at: '09:00:00' }),
      aView({ at: '19:00:00', user_id: 'ahead' }),
      aView({ at: '09:00:01' }),
      aView({ at: '09:00:02' }),
    ])
    expect(order).toMatchObject({ out_of_order: 0.5, behind_stream_time: 0, suggested_allowed_lateness: 'none' })
  })
})

describe('an oddity is', () => {
  const busy = Array.from({ length: 1_000 }, (_, index) =>
    aView({ event_id: index, user_id: index < 50 ? 'bot' : index }),
  )

  test.each<[string, readonly unknown[], number, string]>([
    ['mixed_types', [aView({ x: 1 }), aView({ x: '1' }), aView({ x: 2 })], 1, 'x is string in 1, number in 2.'],
    ['empty_text', [aView({ x: '' })], 1, 'x is the empty text in 1 records.'],
    ['before_1990', [aView({ timestamp: at('09:00:00') / 1e6 })], 1, '1 event is before 1990.'],
    ['time_out_of_range', [aView({ timestamp: at('09:00:00') })], 1, 'mostly because it is in another unit'],
    ['in_future', [aView({ timestamp: Date.UTC(2050, 0, 1) / 1000 })], 1, 'later than the clock of this machine'],
    [
      'no_time_zone',
      [
        aRow({ event_time: '2024-05-01 09:00:00' }),
        aRow({ event_time: '2024-05-01' }),
        aRow({ event_time: '2024-05-01T09:00:00.5+02:00' }),
        aRow({}),
      ],
      1,
      'taken for UTC',
    ],
    ['negative_price', [aView({ price: -1 })], 1, 'Send refunds as events of a type of their own.'],
    ['no_event_id', [aRow({}), aView()], 1, '1 record is without an event id.'],
    ['exact_copies', [aRow({}), aRow({}), aRow({})], 2, 'npm run report takes --dedupe-rows'],
    ['id_with_other_content', [aView({ a: 1 }), aView({ a: 2 })], 1, 'Only the first counts'],
    ['busy_user', busy, 50, 'User bot alone sent 5.0 % of the events'],
    ['page_with_id', [aView({ page: '/user/17' })], 1, 'count together under :id'],
    ['no_currency', [aView({ price: 1 })], 1, 'Name it with --default-currency'],
    ['repeated_key', ['{"user_id":1,"user_id":2}'], 1, 'holds one key twice'],
    ['time_ahead', [aView(), aView({ at: '19:00:00' }), aView({ at: '09:00:01' })], 1, 'so far ahead'],
  ])('%s', (word, records, count, sentence) => {
    expect(oddity(eventsOf(records), word)).toEqual({
      oddity: word,
      count,
      sentence: expect.stringContaining(sentence),
    })
  })

  test('nothing of an orderly stream', () => {
    expect(eventsOf([aView({ at: '09:00:00' }), aView({ at: '09:00:01' })]).oddities).toEqual([])
  })

  test('no key of a CSV file for being text', () => {
    const rows = eventsOf([aRow({ price: '1.5', event_id: '1' })], { format: 'csv' })
    expect(rows.prices.distribution.max).toBe(1.5)
    expect(oddity(rows, 'mixed_types')).toBeUndefined()
  })
})

describe('the table', () => {
  test('obeys no control character of what others sent', () => {
    const evil = 'evil\u001b[2J\u0007\n\u009b'
    const events = [aRow({ brand: evil, [evil]: '', user_id: evil }), aView({ page: evil }), aView({ [evil]: 1 })]
    const table = profileTable(profileOf(events))
    expect(table).toContain('evil?[2J???')
    expect(table.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  test('has a section only for what there is', () => {
    const table = profileTable(profileOf([aView()]))
    expect(table).toMatch(/^SOURCES\n {2}file {2}1 {2}events\n\nRECORDS\n/)
    expect(table).not.toMatch(/TOP PRODUCTS|PRICES|ODDITIES|PAGEVIEWS/)
  })

  test('of nothing is the name of the source', () => {
    expect(profileTable(profileOf([]))).toBe('SOURCES\n  file  0  unknown\n')
  })

  test('marks what is left out of it by the options in force', () => {
    const options = { ...profileOptions, allowedLatenessMs: 60_000 }
    const events = [aView({ at: '09:05:00' }), aView({ at: '09:00:00' })]
    const { totals, order } = eventsOf(events, { options })
    expect(totals.events_dropped).toEqual({ late: 1, duplicate: 0, bot: 0 })
    expect(order.late_at['1m']).toBe(0.5)
  })
})
