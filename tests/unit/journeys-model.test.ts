import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { describeFault, RefusedSettings } from '../../consumer/settings/fault.ts'
import { loadTrafficModel } from '../../producer/journeys/model.ts'
import { aModel } from './journeys-traffic-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'model-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Faults of the text as lines, the file called mine.yaml. */
function faultsOf(yaml: string): string[] {
  const path = join(folder, 'mine.yaml')
  writeFileSync(path, yaml)
  try {
    loadTrafficModel(path)
  } catch (error) {
    if (!(error instanceof RefusedSettings)) throw error
    return error.faults.map((fault) => describeFault(fault).replace(path, 'mine.yaml'))
  }
  return []
}

describe('the shop', () => {
  const shop = loadTrafficModel()

  test('has four journeys and bots beside them', () => {
    expect(shop.mix.map(([{ name }, percent]) => [name, percent])).toEqual([
      ['browser', 60],
      ['researcher', 20],
      ['buyer', 15],
      ['quick_buyer', 5],
    ])
    expect(shop.bot).toMatchObject({ name: 'bot', bouncePercent: 0, thinkMs: [100, 800] })
  })

  test('has a day whose hours average to 1', () => {
    expect(shop.dayCurve).toHaveLength(24)
    expect(shop.dayCurve.reduce((sum, factor) => sum + factor) / 24).toBeCloseTo(1, 12)
  })

  test('lets every journey take the places it says nothing about from everywhere', () => {
    for (const [{ moves }] of shop.mix) expect(moves.bought).toEqual([['view_confirmation', 100]])
  })

  test('is what an empty file describes', () => {
    expect(aModel('')).toEqual(shop)
    expect(aModel('# nothing differs\n')).toEqual(shop)
  })
})

describe('a file that says what differs', () => {
  const shop = loadTrafficModel()

  test('replaces percentages that belong together', () => {
    const model = aModel('mix: { buyer: 100 }\ncountries: { AT: 12.5, CH: 87.5 }\ncampaigns: {}\n')
    expect(model.mix.map(([{ name }]) => name)).toEqual(['buyer'])
    expect(model.countries).toEqual([
      ['AT', 12.5],
      ['CH', 87.5],
    ])
    expect(model.campaigns).toEqual([])
    expect(model.devices).toEqual(shop.devices)
  })

  test('fills up the sections that are lists of single settings', () => {
    const { site, viral } = aModel('site: { products: 3, currency: JPY }\nviral: { bounce_percent: 50 }\n')
    expect(site).toEqual({ ...shop.site, products: 3, currency: 'JPY' })
    expect(viral).toEqual({ ...shop.viral, bouncePercent: 50 })
  })

  test('changes one place of a journey and leaves the others', () => {
    const { mix } = aModel('journeys: { browser: { moves: { added: { view_cart: 100 } } } }')
    expect(mix[0]![0].moves.added).toEqual([['view_cart', 100]])
    expect(mix[0]![0].moves.home).toEqual(shop.mix[0]![0].moves.home)
    expect(mix[0]![0].thinkMs).toEqual([1000, 12_000])
  })

  test('changes a place for all journeys at once', () => {
    for (const [{ moves }] of aModel('everywhere: { bought: { leave: 100 } }').mix)
      expect(moves.bought).toEqual([['leave', 100]])
  })

  test('adds a journey of its own', () => {
    const { mix } = aModel(`
mix: { browser: 99.5, lost: 0.5 }
journeys:
  lost: { think_seconds: [0.25, 2], moves: { entrance: { view_home: 100 }, home: { scroll: 50, leave: 50 } } }
`)
    expect(mix[1]![0]).toMatchObject({ name: 'lost', thinkMs: [250, 2000], bouncePercent: 0 })
    expect(mix[1]![1]).toBe(0.5)
  })

  test('gives the hours of a day in proportion only', () => {
    const curve = [...new Array(12).fill(0), ...new Array(12).fill(300)]
    expect(aModel(`day_curve: [${curve}]`).dayCurve).toEqual([...new Array(12).fill(0), ...new Array(12).fill(2)])
  })
})

describe('a fault is named with its line and the fix', () => {
  test.each([
    ['mix: { browser: 50, buyer: 40 }', 'mix (mine.yaml:1): add up to 90, make it 100'],
    [
      'mix: { browser: 50, buyers: 50 }',
      'mix.buyers: "50" (mine.yaml:1): there is no such journey, describe it under journeys: or take it out (did you mean buyer?)',
    ],
    ['mix: [browser]', 'mix (mine.yaml:1): write lines under it, each a name and its percentage'],
    ['returning_percent: lots', 'returning_percent: "lots" (mine.yaml:1): write a percentage from 0 to 100'],
    ['returning_percent: 100.5', 'returning_percent: "100.5" (mine.yaml:1): write a percentage from 0 to 100'],
    [
      'returning_percent: 33.333',
      'returning_percent: "33.333" (mine.yaml:1): write a percentage with two places at most, such as 12.5',
    ],
    ['\nsite:\n  products: 0', 'site.products: "0" (mine.yaml:3): write a whole number from 1 to 100000'],
    ['site: { products: 2.5 }', 'site.products: "2.5" (mine.yaml:1): write a whole number from 1 to 100000'],
    ['site: { price_from: 10, price_to: 10 }', 'site.price_to: "10" (mine.yaml:1): must be more than price_from'],
    [
      'site: { currency: eur }',
      'site.currency: "eur" (mine.yaml:1): write an ISO 4217 code: three capital letters such as EUR',
    ],
    [
      'countries:\n  germany: 100',
      'countries.germany: "100" (mine.yaml:2): is no ISO 3166 code: write two capital letters such as DE',
    ],
    ['campaigns: { a: { percent: 60, source: x } }', 'campaigns.a.medium (mine.yaml:1): write a word'],
    [
      'campaigns:\n  a: { percent: 60, source: x, medium: y }\n  b: { percent: 41, source: x, medium: y }',
      'campaigns (mine.yaml:1): add up to 101, make it at most 100',
    ],
    ['day_curve: [1, 2]', 'day_curve (mine.yaml:1): write 24 numbers, one for each hour'],
    [`day_curve: [${new Array(24).fill(0)}]`, 'day_curve (mine.yaml:1): at least one hour must be above 0'],
    ['bounced: { scroll: 100 }', 'bounced (mine.yaml:1): nobody would ever leave, give leave a percentage'],
    ['bot: 7', 'bot: "7" (mine.yaml:1): write lines under it, each beginning with one of think_seconds, moves'],
    [
      'journeys:\n  buyer:\n    think_seconds: [5, 1]',
      'journeys.buyer.think_seconds (mine.yaml:3): write the shorter time first',
    ],
    [
      'journeys: { buyer: { think_seconds: [0, 1] } }',
      'journeys.buyer.think_seconds.0: "0" (mine.yaml:1): write seconds from 0.001 to 3600',
    ],
    [
      'journeys: { buyer: { moves: { home: { leave: 60 } } } }',
      'journeys.buyer.moves.home (mine.yaml:1): add up to 60, make it 100',
    ],
    [
      'journeys: { buyer: { moves: { home: { view_home: 100 }, entrance: { view_home: 100 } } } }',
      'journeys.buyer.moves.home (mine.yaml:1): nobody ever leaves from here, give leave a percentage here or further on',
    ],
    [
      'journeys:\n  mine:\n    think_seconds: [1, 2]\n    moves: { entrance: { view_home: 100 } }',
      'journeys.mine.moves.home (mine.yaml:4): is missing though visitors get there, write percentages of what they do next',
    ],
    ['everywhere: { bought: { leave: 40 } }', 'everywhere.bought (mine.yaml:1): add up to 40, make it 100'],
    ['sites: 3', '(did you mean site?)'],
    ['mix: { browser: 100 }\nmix: { buyer: 100 }', 'mine.yaml:2: this key stands there twice, take one out'],
    ['[1, 2]', 'mine.yaml:1: write a section as key: value, such as returning_percent: 40'],
    ['a: b: c', 'mine.yaml:1: not YAML: '],
  ])('%j', (yaml, fault) => {
    const faults = faultsOf(yaml)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })

  test.each([
    ['product', 'purchase'],
    ['home', 'add_to_cart'],
    ['product', 'view_cart'],
    ['entrance', 'search'],
    ['listing', 'view_results'],
  ])('at %s, nobody can %s', (place, move) => {
    const faults = faultsOf(`journeys: { browser: { moves: { ${place}: { ${move}: 50, view_home: 50 } } } }`)
    expect(faults[0]).toContain(`journeys.browser.moves.${place}.${move}: "50" (mine.yaml:1): is not known here`)
  })

  test('all faults of a file come at once, in the order of its lines', () => {
    const lines = faultsOf('returning_percent: 101\nsite:\n  products: no\n  currency: no\nmix: { browser: 1 }\n').map(
      (fault) => /mine\.yaml:(\d)/.exec(fault)![1],
    )
    expect(lines).toEqual(['1', '3', '4', '5'])
  })

  test('a file that is not there', () => {
    expect(() => loadTrafficModel(join(folder, 'none.yaml'))).toThrow(/^model: ".*none\.yaml": there is no such file/)
  })

  test('a folder', () => {
    expect(() => loadTrafficModel(folder)).toThrow('is a folder, name the YAML file in it')
  })
})
