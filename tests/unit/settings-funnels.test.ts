import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { DEFAULT_FUNNELS, readFunnels } from '../../consumer/settings/funnels.ts'

const faultsOf = (tree: unknown): string[] => {
  const reading = readFunnels(tree)
  return 'faults' in reading ? reading.faults.map(({ path, fix }) => `${path.join('.')}: ${fix}`) : []
}

const steps = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `s${index}`, event: 'click' }))

describe('funnels are read', () => {
  test('with names, events and pages', () => {
    const tree = { signup: [{ name: 'seen', event: 'page_view', page: '/signup/*' }, { event: 'custom' }] }
    expect(readFunnels(tree)).toEqual({
      funnels: [
        {
          name: 'signup',
          steps: [
            { name: 'seen', event: 'page_view', page: '/signup/*' },
            { name: 'custom', event: 'custom' },
          ],
        },
      ],
    })
  })

  test('in the order they are written', () => {
    const reading = readFunnels({ z: steps(1), a: steps(1) })
    expect('funnels' in reading && reading.funnels.map(({ name }) => name)).toEqual(['z', 'a'])
  })

  test('and none at all is possible', () => {
    expect(readFunnels({})).toEqual({ funnels: [] })
  })

  test('up to ten of them', () => {
    expect(faultsOf(Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`f${index}`, steps(3)])))).toEqual([])
  })

  test('up to 31 steps', () => {
    expect(faultsOf({ a: steps(16), b: steps(15) })).toEqual([])
  })

  test('and the default ones pass the same rules', () => {
    const tree = Object.fromEntries(DEFAULT_FUNNELS.map((funnel) => [funnel.name, funnel.steps]))
    expect(readFunnels(tree)).toEqual({ funnels: DEFAULT_FUNNELS })
  })
})

describe('funnels are refused', () => {
  test.each<[what: string, tree: unknown, faults: string[]]>([
    ['a list', [], [': write funnel names with a list of steps each, or {} for no funnels']],
    ['nothing', null, [': write funnel names with a list of steps each, or {} for no funnels']],
    ['steps that are no list', { a: 'click' }, ['a: write a list of steps such as - { event: purchase }']],
    ['no steps', { a: [] }, ['a: has no step, write at least one such as - { event: purchase }']],
    ['a step that is only a word', { a: ['click'] }, ['a.0: write a step such as { event: purchase }']],
    [
      'an unknown event',
      { a: [{ event: 'page-veiw' }] },
      [
        'a.0.event: write one of page_view, click, scroll, search, add_to_cart, remove_from_cart, checkout, purchase, custom (did you mean page_view?)',
      ],
    ],
    [
      'no event',
      { a: [{ name: 'x' }] },
      [
        'a.0.event: write one of page_view, click, scroll, search, add_to_cart, remove_from_cart, checkout, purchase, custom',
      ],
    ],
    [
      'an unknown key',
      { a: [{ event: 'click', pages: '/x' }] },
      ['a.0.pages: a step has no pages, take it out (did you mean page?)'],
    ],
    [
      'a page that is a number',
      { a: [{ event: 'click', page: 404 }] },
      ['a.0.page: write a page, in quotes if it is a number'],
    ],
    [
      'an empty page',
      { a: [{ event: 'click', page: '' }] },
      ['a.0.page: is empty, write a page such as /product/:id or /category/*, or leave it out'],
    ],
    [
      'two steps of one name',
      { a: [{ event: 'click' }, { event: 'click', page: '/x' }] },
      ['a.1: a second step called click, give this one another name'],
    ],
    [
      '32 steps',
      { a: steps(16), b: steps(16) },
      ['b: with this funnel there are 32 steps, keep at most 31 over all funnels'],
    ],
    [
      'eleven funnels',
      Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`f${index}`, steps(1)])),
      ['f10: one of 11 funnels, keep at most 10'],
    ],
    [
      'a name that is none',
      parse('__proto__: [{ event: click }]'),
      ['__proto__: a name starts with a letter or digit and has at most 64 letters, digits, blanks, dots, - and _'],
    ],
  ])('%s', (_, tree, faults) => {
    expect(faultsOf(tree)).toEqual(faults)
  })

  test('with all their faults at once', () => {
    expect(faultsOf({ a: [{ event: 'nope' }, 'click'], b: 7 })).toHaveLength(3)
  })
})
