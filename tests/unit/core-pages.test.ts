import { describe, expect, test } from 'vitest'
import type { EventType } from '../../consumer/contract/click-event.ts'
import { Counters } from '../../consumer/core/count.ts'
import { NONE_ID, OTHER, OTHER_ID } from '../../consumer/core/label-table.ts'
import { type Page, Pages } from '../../consumer/core/pages.ts'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import { aClickEvent } from '../builders.ts'
import { aReferenceRun, coreOptions, feed, totals } from '../core-run.ts'

const encoder = new TextEncoder()

const somePages = (
  pages: readonly string[] = [],
  maxPages = 100,
): { counters: Counters; find: (text: string) => Page } => {
  const counters = new Counters({
    pages,
    maxPages,
    keyEvents: [],
    engagedAfterMs: 10_000,
    funnels: [
      {
        name: 'buy',
        steps: [
          { name: 'product', event: 'page_view', page: '/product/*' },
          { name: 'cart', event: 'page_view', page: '/cart' },
        ],
      },
    ],
  })
  const known = new Pages(counters)
  const find = (text: string): Page => {
    const bytes = encoder.encode(`"${text}"`)
    return known.find(bytes, 1, bytes.length - 1)
  }
  return { counters, find }
}

describe('pages', () => {
  test('sent in different words but with one label are one page', () => {
    const { find, counters } = somePages()
    const ids = ['/cart', '/cart?x=1', '/cart/', 'https://shop.example/cart#top', '/cart'].map((page) => find(page).id)
    expect(new Set(ids)).toStrictEqual(new Set([2]))
    expect(counters.pages.values[2]).toBe('/cart')
  })

  test('know the funnel steps whose pattern their label matches, however they are sent', () => {
    const { find } = somePages()
    expect(find('/product/7').steps).toBe(0b01)
    expect(find('https://shop.example/product/shoes?x=1').steps).toBe(0b01)
    expect(find('/cart/').steps).toBe(0b10)
    expect(find('/product').steps).toBe(0)
  })

  test('beyond the room are other, and still know their funnel steps', () => {
    const { find } = somePages(['/cart'], 1)
    expect(find('/home').id).toBe(3)
    expect(find('/product/x')).toMatchObject({ id: OTHER_ID, steps: 0b01 })
    expect(find('/cart')).toMatchObject({ id: 2, steps: 0b10 })
    expect(find('/home').id).toBe(3)
  })

  test('with nothing left to name, or not given at all, are none', () => {
    const { find, counters } = somePages()
    const known = new Pages(counters)
    expect(find('').id).toBe(NONE_ID)
    expect(find('?q=1').id).toBe(NONE_ID)
    expect(known.find(encoder.encode('/home'), -1, 5).id).toBe(NONE_ID)
  })

  test('with a label of more than 200 characters are other and take no room', () => {
    const { find, counters } = somePages([], 2)
    expect(find(`/${'x'.repeat(200)}`).id).toBe(OTHER_ID)
    expect(find(`/${'x'.repeat(199)}`).id).toBe(2)
    expect(find(`/y?${'x'.repeat(5000)}`).id).toBe(3)
    expect(counters.pages.values).toHaveLength(4)
  })

  test('keep the bytes they were sent as, not the buffer that held them', () => {
    const { counters } = somePages()
    const known = new Pages(counters)
    const bytes = encoder.encode('/home')
    expect(known.find(bytes, 0, 5).id).toBe(2)
    bytes.set(encoder.encode('/cart'))
    expect(known.find(bytes, 0, 5).id).toBe(3)
    expect(known.find(encoder.encode('/home'), 0, 5).id).toBe(2)
  })

  test('that share the cache and one buffer keep their ids on a second pass', () => {
    const { counters } = somePages([], 50_000)
    const known = new Pages(counters)
    const bytes = encoder.encode('/page-xxxxx')
    const find = (index: number): string => {
      encoder.encodeInto(`/page-${String(index).padStart(5, '0')}`, bytes)
      return counters.pages.values[known.find(bytes, 0, bytes.length).id]!
    }
    for (const pass of [1, 2]) {
      for (let index = 0; index < 50_000; index++) {
        const label = find(index)
        if (label !== `/page-${String(index).padStart(5, '0')}`)
          expect.fail(`page ${index} is ${label} on pass ${pass}`)
      }
    }
  })
})

describe('counting by page', () => {
  const views = ['/a', '/b', '/c', '/d', '/a', '/c', '/e'].map((page, index) =>
    aClickEvent({ at: `09:00:0${index}`, page }),
  )
  const counted = (
    pages: readonly string[],
    maxPages: number,
    more: readonly EventType[] = [],
  ): Record<string, unknown> => {
    const options = { ...coreOptions(aReferenceRun()), pages, maxPages }
    const others = more.map((type) => aClickEvent({ at: '09:01:00', page: '/z', type }))
    const pipeline = feed(new Pipeline(options), [...views, ...others], true)
    pipeline.closeAll()
    return totals(pipeline.state)
  }

  test('keeps the totals right when pages overflow, and counts how often', () => {
    const { page_views_total, label_overflow_total, session_entries_total, session_exits_total } = counted([], 2)
    expect(page_views_total).toStrictEqual({ [OTHER]: 4, '/a': 2, '/b': 1 })
    expect(label_overflow_total).toStrictEqual({ page: 4 })
    expect(session_entries_total).toStrictEqual({ '/a': 1 })
    expect(session_exits_total).toStrictEqual({ [OTHER]: 1 })
  })

  test('admits configured pages whatever came first', () => {
    const { page_views_total, label_overflow_total } = counted(['/e'], 0)
    expect(page_views_total).toStrictEqual({ [OTHER]: 6, '/e': 1 })
    expect(label_overflow_total).toStrictEqual({ page: 6 })
  })

  test('counts an overflow for every kind of event, and clicks apart from views', () => {
    const { clicks_total, label_overflow_total } = counted([], 0, ['click', 'scroll'])
    expect(clicks_total).toStrictEqual({ [OTHER]: 1 })
    expect(label_overflow_total).toStrictEqual({ page: 9 })
  })
})

describe('counting by currency', () => {
  const letter = (index: number): string => String.fromCharCode(65 + index)
  const purchases = Array.from({ length: 40 }, (_, index) =>
    aClickEvent({
      at: `09:00:${String(index).padStart(2, '0')}`,
      type: 'purchase',
      priceMicros: 1_500_000n,
      currency: `A${letter(index % 2)}${letter(index >> 1)}`,
    }),
  )

  test('gives 32 currencies their own sum and adds the rest up under other', () => {
    const { state } = feed(new Pipeline(coreOptions(aReferenceRun())), [...purchases, ...purchases.slice(0, 1)], true)
    const { revenue_total, label_overflow_total } = totals(state) as Record<string, Record<string, bigint>>
    expect(Object.keys(revenue_total!)).toHaveLength(33)
    expect(revenue_total![OTHER]).toBe(8n * 1_500_000n)
    expect(revenue_total!.AAA).toBe(3_000_000n)
    expect(label_overflow_total).toStrictEqual({ currency: 8 })
  })

  test('counts lower case as upper case, and a price without a currency as none', () => {
    const events = [
      aClickEvent({ at: '09:00:00', type: 'purchase', priceMicros: 1n, currency: 'eur' }),
      aClickEvent({ at: '09:00:01', type: 'purchase', priceMicros: 2n, currency: 'EUR' }),
      aClickEvent({ at: '09:00:02', type: 'purchase', priceMicros: 4n }),
    ]
    const { state } = feed(new Pipeline(coreOptions(aReferenceRun())), events, true)
    expect(totals(state).revenue_total).toStrictEqual({ EUR: 3n, __none__: 4n })
  })
})
