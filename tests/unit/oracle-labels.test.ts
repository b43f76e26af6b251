import { describe, expect, test } from 'vitest'
import type { ReferenceEvent } from '../../producer/oracle/event.ts'
import { matchesGlob } from '../../producer/oracle/glob.ts'
import { LabelGuard, LabelValues } from '../../producer/oracle/label-guard.ts'
import { labelOfPage } from '../../producer/oracle/page-label.ts'
import { aClickEvent } from '../builders.ts'

test.each([
  ['/home?utm_source=x#top', '/home'],
  ['/home#a?b', '/home'],
  ['https://shop.example/cart/', '/cart'],
  ['https://shop.example', '/'],
  ['https://shop.example/', '/'],
  ['HTTPS://shop.example?x', '/'],
  ['app+v1.0://shop/cart', '/cart'],
  ['http:///cart', '/cart'],
  ['http://', '/'],
  ['1http://shop/cart', '1http://shop/cart'],
  ['http:/shop/cart', 'http:/shop/cart'],
  ['//cdn/x', '//cdn/x'],
  ['/', '/'],
  ['//', '/'],
  ['/cart//', '/cart/'],
  ['cart/', 'cart'],
  ['', undefined],
  ['?page=2', undefined],
  ['#', undefined],
])('the page %j has the label %j', (page, label) => {
  expect(labelOfPage(page)).toBe(label)
})

test.each([
  ['1', ':id'],
  ['1004856', ':id'],
  ['v1', 'v1'],
  ['9d0f2f3e-1111-4c4c-8a8a-0123456789ab', ':id'],
  ['9D0F2F3E-AAAA-BBBB-CCCC-ABCDEFABCDEF', ':id'],
  ['9d0f2f3e1-111-4c4c-8a8a-0123456789ab', '9d0f2f3e1-111-4c4c-8a8a-0123456789ab'],
  ['9d0f2f3e-1111-4c4c-8a8a-0123456789ag', '9d0f2f3e-1111-4c4c-8a8a-0123456789ag'],
  ['3f786850', ':id'],
  ['3F786850', ':id'],
  ['3f78685', '3f78685'],
  ['deadbeef', 'deadbeef'],
  ['3f78685g', '3f78685g'],
  ['abcdefghijklmn1', 'abcdefghijklmn1'],
  ['abcdefghijklmno1', ':id'],
  ['abcdefghijklmnop', 'abcdefghijklmnop'],
  ['abcdefghijklmno-1', 'abcdefghijklmno-1'],
  ['٣', '٣'],
])('a path segment %s becomes %s', (segment, shown) => {
  expect(labelOfPage(`/a/${segment}/b`)).toBe(`/a/${shown}/b`)
})

test.each([
  ['/product/shoes', '/product/*', true],
  ['/product/', '/product/*', true],
  ['/product', '/product/*', false],
  ['/a/b/c', '/*/c', true],
  ['/a/c/d', '/*/c', false],
  ['/c', '/*/c', false],
  ['ab', 'a*b*', true],
  ['aba', 'ab*ba', false],
  ['abba', 'ab**ba', true],
  ['', '*', true],
  ['/home', '/home', true],
  ['/home2', '/home', false],
  ['/hom.', '/hom*', true],
  ['/home', '/hom.', false],
])('%j is what %j says: %s', (text, glob, matches) => {
  expect(matchesGlob(text, glob)).toBe(matches)
})

describe('values of a label', () => {
  test('are given to whoever comes first, and to configured ones always', () => {
    const values = new LabelValues(['/late', '/late'], 2)
    expect([values.used, values.limit]).toStrictEqual([3, 5])
    const labels = ['/a', undefined, '/b', '/c', '/a', '/late', '/c'].map((page) => values.admit(page))
    expect(labels).toStrictEqual(['/a', '__none__', '/b', '__other__', '/a', '/late', '__other__'])
    expect([values.used, values.limit]).toStrictEqual([5, 5])
  })

  test.each([
    [200, 'x'.repeat(200)],
    [201, '__other__'],
  ])('of %i characters', (length, label) => {
    expect(new LabelValues(['x'.repeat(201)], 1).admit('x'.repeat(length))).toBe(label)
  })

  test("that are the guard's own words take no room", () => {
    const values = new LabelValues(['__other__', '__none__'], 0)
    expect(['__other__', '__none__'].map((page) => values.admit(page))).toStrictEqual(['__other__', '__none__'])
    expect([values.used, values.limit]).toStrictEqual([2, 2])
  })
})

test('a currency takes room only when something is sold in it, and 32 of them fit', () => {
  const guard = new LabelGuard([], 1)
  const sale = (index: number, words: Partial<ReferenceEvent> = {}): ReferenceEvent => ({
    ...aClickEvent({ at: '09:00:00', type: 'purchase' }),
    priceMicros: 1n,
    currency: `A${String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26))}`,
    ...words,
  })
  expect(guard.labelled(sale(50, { type: 'click' })).currencyLabel).toBe('__none__')
  const { priceMicros: _, ...unpriced } = sale(50)
  expect(guard.labelled(unpriced).currencyLabel).toBe('__none__')
  const labels = Array.from({ length: 33 }, (_, index) => guard.labelled(sale(index)).currencyLabel)
  expect(labels.filter((label) => label === '__other__')).toStrictEqual([labels[32]])
  expect([guard.currency.used, guard.currency.limit]).toStrictEqual([34, 34])
})
