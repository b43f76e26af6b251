import { describe, expect, test } from 'vitest'
import { EVENT_TYPES, type EventType } from '../../consumer/contract/click-event.ts'
import { type Funnel, FunnelMasks, MOST_FUNNEL_STEPS } from '../../consumer/core/funnel.ts'

const buy: Funnel = {
  name: 'buy',
  steps: [
    { name: 'view', event: 'page_view' },
    { name: 'cart', event: 'add_to_cart' },
    { name: 'purchase', event: 'purchase' },
  ],
}
const product: Funnel = {
  name: 'product',
  steps: [
    { name: 'home', event: 'page_view', page: '/home' },
    { name: 'product', event: 'page_view', page: '/product/*' },
  ],
}

const index = (type: EventType): number => EVENT_TYPES.indexOf(type)

function reached(masks: FunnelMasks, bits: number): number[] {
  const steps: number[] = []
  masks.forEachReached(bits, (step) => steps.push(step))
  return steps
}

const pattern = (page: string): FunnelMasks =>
  new FunnelMasks([{ name: 'f', steps: [{ name: 's', event: 'click', page }] }])

describe('funnels as bits', () => {
  const masks = new FunnelMasks([buy, product])

  test('number their steps through all funnels', () => {
    expect(masks.anyPage[index('page_view')]).toBe(0b00001)
    expect(masks.anyPage[index('add_to_cart')]).toBe(0b00010)
    expect(masks.anyPage[index('purchase')]).toBe(0b00100)
    expect(masks.somePage[index('page_view')]).toBe(0b11000)
    expect(masks.anyPage[index('click')]).toBe(0)
    expect(masks.somePage[index('purchase')]).toBe(0)
  })

  test.each([
    ['/home', 0b01000],
    ['/product/shoes', 0b10000],
    ['/product/', 0b10000],
    ['/product', 0],
    ['/home/', 0],
    ['/x/home', 0],
    ['', 0],
  ])("the page '%s'", (label, bits) => {
    expect(masks.ofPage(label)).toBe(bits)
  })

  test.each([
    ['nothing', 0b00000, []],
    ['the first step', 0b00001, [0]],
    ['two', 0b00011, [0, 1]],
    ['all, each funnel by itself', 0b11111, [0, 1, 2, 3, 4]],
    ['a gap ends the funnel', 0b00101, [0]],
    ['a missing first step ends it at once', 0b00110, []],
    ['one funnel does not lend the other its steps', 0b01110, [3]],
  ])('reach %s', (_case, bits, steps) => {
    expect(reached(masks, bits)).toStrictEqual(steps)
  })

  test('one event may be several steps', () => {
    const twice = new FunnelMasks([buy, { ...buy, name: 'again' }])
    expect(twice.anyPage[index('page_view')]).toBe(0b001001)
  })

  test('have room for as many steps as are allowed, the last bit included', () => {
    const steps = Array.from(
      { length: MOST_FUNNEL_STEPS },
      (_, at) => ({ name: `s${at}`, event: 'click', page: `/${at}` }) as const,
    )
    const most = new FunnelMasks([{ name: 'long', steps }])
    let bits = 0
    for (let at = 0; at < MOST_FUNNEL_STEPS; at++) bits |= most.ofPage(`/${at}`)
    expect(most.somePage[index('click')]).toBe(bits)
    expect(reached(most, bits)).toHaveLength(MOST_FUNNEL_STEPS)
    expect(reached(most, bits & ~(1 << (MOST_FUNNEL_STEPS - 1)))).toHaveLength(MOST_FUNNEL_STEPS - 1)
  })

  test('without funnels reach nothing', () => {
    const none = new FunnelMasks([])
    expect(reached(none, -1)).toStrictEqual([])
    expect(none.ofPage('/home')).toBe(0)
  })
})

describe('page patterns', () => {
  test.each([
    ['/a*', '/abc'],
    ['*', ''],
    ['*', '/any/page'],
    ['*/end', '/a/b/end'],
    ['/a/*/c', '/a//c'],
    ['/a/*/c', '/a/b/b/c'],
    ['/*/*', '/a/b'],
    ['/a.b', '/a.b'],
    ['/(x)[y]{z}^$+?|\\', '/(x)[y]{z}^$+?|\\'],
    ['/a*', '/a\nb'],
    ['/🛒*', '/🛒/👟'],
  ])("'%s' matches '%s'", (glob, label) => {
    expect(pattern(glob).ofPage(label)).toBe(1)
  })

  test.each([
    ['/a*', '/b'],
    ['/a', '/A'],
    ['/a', '/a/'],
    ['/a', 'x/a'],
    ['/a.b', '/axb'],
    ['/a/*/c', '/a/c'],
    ['*/end', '/end/x'],
    ['/a', '/a\n'],
    ['', '/'],
  ])("'%s' does not match '%s'", (glob, label) => {
    expect(pattern(glob).ofPage(label)).toBe(0)
  })
})

test('a page pattern is matched in one pass: a label made to send a pattern back and forth ends at once', () => {
  const masks = pattern('*a*a*a*a*a*b')
  expect(masks.ofPage('a'.repeat(8000))).toBe(0)
  expect(masks.ofPage(`${'a'.repeat(8000)}b`)).toBe(1)
})

test.each([
  ['ab*ba', 'aba', 0],
  ['ab*ba', 'abba', 1],
  ['*ab*ab*', 'ab', 0],
  ['*ab*ab*', 'xabyabz', 1],
  ['a*b*c', 'abc', 1],
  ['a*bc*c', 'abc', 0],
  ['**', '', 1],
])("the pattern '%s' and the page '%s'", (page, label, bits) => {
  expect(pattern(page).ofPage(label)).toBe(bits)
})
