import { describe, expect, test } from 'vitest'
import { type ClickEvent, EVENT_TYPES, type EventType } from '../../consumer/contract/click-event.ts'
import type { BuiltInDialect } from '../../consumer/contract/dialects.ts'
import { createEncoder, type Deed, type SoldProduct, type VisitFacts } from '../../producer/encoding/encoder.ts'
import { jsonText } from '../../producer/encoding/json-text.ts'
import { createEpochText, createIsoText, secondsText } from '../../producer/encoding/time-text.ts'
import { eventsOf } from './journeys-traffic-run.ts'

const PRODUCT: SoldProduct = {
  index: 0,
  id: jsonText('1007'),
  price: '19.90',
  currency: jsonText('EUR'),
  category: jsonText('shoes'),
  categoryId: jsonText('2053013552326770905'),
  brand: jsonText('Ärmel & "Söhne"'),
}

const VISIT: VisitFacts = {
  userId: '4711',
  sessionId: 30_000_000_001,
  userAgent: jsonText('Mozilla/5.0 (X11; "Linux")'),
  device: jsonText('mobile'),
  country: jsonText('DE'),
  utm: { source: jsonText('mail'), medium: jsonText('e-mail'), campaign: jsonText('Frühling') },
}

const TIME_MS = Date.UTC(2024, 4, 1, 10, 0, 0, 250)

const DEED: Deed = {
  type: 'purchase',
  page: jsonText('/checkout?größe=40'),
  referrer: jsonText('/cart'),
  product: PRODUCT,
  timeMs: TIME_MS,
  spentMs: 12_005,
}

function recordOf(dialect: BuiltInDialect, deed: Partial<Deed> = {}, visit: Partial<VisitFacts> = {}): Uint8Array {
  const encoder = createEncoder(dialect, { products: [PRODUCT], nextEventId: () => 'id-1' })
  return encoder.encode(encoder.frame({ ...VISIT, ...visit }), { ...DEED, ...deed })
}

const textOf = (dialect: BuiltInDialect, deed: Partial<Deed> = {}, visit: Partial<VisitFacts> = {}): string =>
  new TextDecoder().decode(recordOf(dialect, deed, visit))

const eventOf = (...words: Parameters<typeof recordOf>): ClickEvent =>
  eventsOf([{ key: '4711', value: recordOf(...words), timeMs: TIME_MS }], words[0])[0]!

const sold = { productId: '1007', price: '19.90', currency: 'EUR', category: 'shoes', brand: 'Ärmel & "Söhne"' }
const identity = { eventId: 'id-1', userId: '4711', sessionId: '30000000001', userAgent: 'Mozilla/5.0 (X11; "Linux")' }

describe('a purchase is read as what happened', () => {
  test.each<[BuiltInDialect, Partial<ClickEvent>]>([
    ['user-events', { ...identity, durationMs: 12_005, productId: '1007', price: '19.90', currency: 'EUR' }],
    ['records', { ...identity, durationMs: 12_005, ...sold }],
    [
      'ecommerce',
      {
        ...identity,
        ...sold,
        utm: { source: 'mail', medium: 'e-mail', campaign: 'Frühling' },
        device: { type: 'mobile', user_agent: 'Mozilla/5.0 (X11; "Linux")' },
        geo: { country: 'DE' },
      },
    ],
  ])('%s', (dialect, fields) => {
    expect(eventOf(dialect)).toEqual({ type: 'purchase', page: '/checkout?größe=40', timeMs: TIME_MS, ...fields })
  })

  test('rees46, which knows neither pages nor parts of a second nor currencies', () => {
    const { currency: _, ...fields } = sold
    expect(eventOf('rees46')).toEqual({
      userId: '4711',
      sessionId: '00000000-0000-8000-8000-0006fc23ac01',
      type: 'purchase',
      timeMs: Date.UTC(2024, 4, 1, 10),
      ...fields,
    })
  })
})

describe('records look as those of the shape do', () => {
  test('rees46: every value is a text', () => {
    expect(JSON.parse(textOf('rees46', { type: 'add_to_cart' }))).toEqual({
      event_time: '2024-05-01 10:00:00 UTC',
      event_type: 'cart',
      product_id: '1007',
      category_id: '2053013552326770905',
      category_code: 'shoes',
      brand: 'Ärmel & "Söhne"',
      price: '19.90',
      user_id: '4711',
      user_session: '00000000-0000-8000-8000-0006fc23ac01',
    })
  })

  test('user-events: numbers for ids, the action of a page view is view', () => {
    expect(JSON.parse(textOf('user-events', { type: 'page_view', product: undefined }))).toEqual({
      event_id: 'id-1',
      user_id: 4711,
      session_id: 30_000_000_001,
      page: '/checkout?größe=40',
      action: 'view',
      duration: 12.005,
      timestamp: 1714557600.25,
      utm_source: 'mail',
      utm_medium: 'e-mail',
      utm_campaign: 'Frühling',
      user_agent: 'Mozilla/5.0 (X11; "Linux")',
    })
  })

  test('records: what describes the event stands under properties', () => {
    const record = JSON.parse(textOf('records', { type: 'click', product: undefined }))
    expect(Object.keys(record)).toEqual(['event_id', 'event_type', 'user_id', 'session_id', 'timestamp', 'properties'])
    expect(record.properties).toMatchObject({ page: '/checkout?größe=40', referrer: '/cart', utm_campaign: 'Frühling' })
  })

  test('a first page has no referrer', () => {
    expect(JSON.parse(textOf('records', { referrer: undefined })).properties).not.toHaveProperty('referrer')
  })

  test.each<[BuiltInDialect, string]>([
    ['user-events', '"price":19.90,'],
    ['records', '"price":19.90,'],
    ['ecommerce', '"price":19.90,'],
    ['rees46', '"price":"19.90",'],
  ])('%s: a price keeps its two digits', (dialect, text) => {
    expect(textOf(dialect)).toContain(text)
  })

  test.each<BuiltInDialect>([
    'user-events',
    'records',
    'ecommerce',
  ])('%s: without a campaign there are no tags', (dialect) => {
    const { utm } = eventOf(dialect, {}, { utm: undefined })
    expect(utm ?? {}).toEqual({})
    expect(textOf(dialect, {}, { utm: undefined })).not.toContain('utm_')
  })

  test.each<BuiltInDialect>(['user-events', 'records', 'ecommerce', 'rees46'])('%s: ASCII only', (dialect) => {
    expect([...recordOf(dialect)].every((byte) => byte >= 0x20 && byte < 0x7f)).toBe(true)
  })
})

describe('the kinds of event that a dialect has records of', () => {
  const types = EVENT_TYPES.filter((type) => type !== 'custom')

  test.each<BuiltInDialect>(['user-events', 'records', 'ecommerce'])('%s: all of them', (dialect) => {
    const encoder = createEncoder(dialect, { products: [PRODUCT], nextEventId: () => 'id-1' })
    for (const type of types) {
      expect(encoder.knows(type, false)).toBe(true)
      expect(eventOf(dialect, { type }).type).toBe(type)
    }
  })

  test('rees46: those about a product', () => {
    const encoder = createEncoder('rees46', { products: [PRODUCT], nextEventId: () => 'id-1' })
    const known: EventType[] = ['page_view', 'add_to_cart', 'remove_from_cart', 'purchase']
    expect(types.filter((type) => encoder.knows(type, true))).toEqual(known)
    expect(types.filter((type) => encoder.knows(type, false))).toEqual([])
    for (const type of known) expect(eventOf('rees46', { type }).type).toBe(type)
  })
})

describe('times are written exactly', () => {
  test.each([
    0,
    1,
    999,
    1000,
    1714557600250,
    Date.UTC(2024, 1, 29, 23, 59, 59, 999),
    Date.UTC(2075, 11, 31),
  ])('%d ms since 1970', (timeMs) => {
    expect(createIsoText()(timeMs)).toBe(new Date(timeMs).toISOString())
    expect(Math.round(Number(createEpochText()(timeMs)) * 1000)).toBe(timeMs)
    expect(createEpochText()(timeMs)).toMatch(/^\d+\.\d\d\d$/)
  })

  test('one after the other, forwards and backwards over the second', () => {
    const isoText = createIsoText()
    const epochText = createEpochText()
    for (const timeMs of [1999, 2000, 2001, 1999, 500, 2000]) {
      expect(isoText(timeMs)).toBe(new Date(timeMs).toISOString())
      expect(Number(epochText(timeMs)) * 1000).toBe(timeMs)
    }
  })

  test.each([
    [0, '0.000'],
    [7, '0.007'],
    [12_050, '12.050'],
    [3_600_000, '3600.000'],
  ])('%d ms spent are %s s', (spentMs, text) => {
    expect(secondsText(spentMs)).toBe(text)
  })
})
