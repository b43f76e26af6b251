import { describe, expect, test } from 'vitest'
import { solveLinear } from '../../producer/journeys/linear-equations.ts'
import { visitStatistics } from '../../producer/journeys/visit-statistics.ts'
import { aModel } from './journeys-traffic-run.ts'

/** Of a model with this one journey: nobody bounces and every think time is 2 s, unless it says otherwise. */
const statisticsOf = (moves: string, words = 'think_seconds: [2, 2]') =>
  visitStatistics(aModel(`mix: { only: 100 }\njourneys: { only: { ${words}, moves: { ${moves} } } }`))

describe('what is to be expected of a visit, worked out by hand', () => {
  test('one page, and gone', () => {
    const statistics = statisticsOf('entrance: { view_home: 100 }, home: { leave: 100 }')
    expect(statistics).toMatchObject({ eventsPerVisit: 1, secondsPerVisit: 2, purchaseShare: 0, singlePageShare: 1 })
    expect(statistics.moves).toMatchObject({ view_home: 1, leave: 1, scroll: 0 })
  })

  test('scrolling with chance one half at every turn: once on average', () => {
    const { moves, eventsPerVisit, singlePageShare } = statisticsOf(
      'entrance: { view_home: 100 }, home: { scroll: 50, leave: 50 }',
    )
    expect(moves.scroll).toBeCloseTo(1, 12)
    expect(eventsPerVisit).toBeCloseTo(2, 12)
    expect(singlePageShare).toBeCloseTo(1, 12)
  })

  test('home and back in circles: three in four see a second page after a quarter has left', () => {
    const { moves, singlePageShare } = statisticsOf(
      'entrance: { view_home: 100 }, home: { view_category: 75, leave: 25 }, listing: { view_home: 80, leave: 20 }',
    )
    // Of those at home 0.75 * 0.8 = 0.6 are there again.
    expect(moves.view_home).toBeCloseTo(1 / 0.4, 12)
    expect(moves.view_category).toBeCloseTo(0.75 / 0.4, 12)
    expect(singlePageShare).toBeCloseTo(0.25, 12)
  })

  test('a straight way to the purchase: the product of its chances, however often one buys again', () => {
    const { purchaseShare, moves } = statisticsOf(`
      entrance: { view_product: 100 }, product: { add_to_cart: 50, leave: 50 }, added: { view_cart: 100 },
      cart: { view_checkout: 80, leave: 20 }, checkout_page: { checkout: 100 }, checking_out: { purchase: 50, leave: 50 },
      bought: { view_confirmation: 100 }, confirmation: { view_product: 50, leave: 50 }`)
    expect(purchaseShare).toBeCloseTo(0.5 * 0.8 * 0.5, 12)
    // Each purchase leads to half a new chance of 0.2.
    expect(moves.purchase).toBeCloseTo(0.2 / (1 - 0.1), 12)
  })

  test('bounces count by their percentage, and think times with a quarter of their range', () => {
    const { singlePageShare, secondsPerVisit } = statisticsOf(
      'entrance: { view_home: 100 }, home: { view_category: 100 }, listing: { leave: 100 }',
      'think_seconds: [2, 6], bounce_percent: 40',
    )
    expect(singlePageShare).toBeCloseTo(0.4, 12)
    // On the first page 0.65 of those who bounce leave at each turn; the others see two pages.
    expect(secondsPerVisit).toBeCloseTo(3 * (0.6 * 2 + 0.4 * (1 + 0.35 / 0.65)), 12)
  })

  test('journeys count by the mix', () => {
    const { eventsPerVisit } = visitStatistics(
      aModel(`mix: { short: 75, long: 25 }
journeys:
  short: { think_seconds: [1, 1], moves: { entrance: { view_home: 100 }, home: { leave: 100 } } }
  long:
    think_seconds: [1, 1]
    moves: { entrance: { view_home: 100 }, home: { view_product: 100 }, product: { leave: 100 } }`),
    )
    expect(eventsPerVisit).toBeCloseTo(1.25, 12)
  })
})

test('the shop is as its comment says: 38 % see a single page and 6 % buy', () => {
  const { singlePageShare, purchaseShare } = visitStatistics(aModel())
  expect(Math.round(100 * singlePageShare)).toBe(38)
  expect(Math.round(100 * purchaseShare)).toBe(6)
})

describe('linear equations', () => {
  test('are solved whatever the order of their lines', () => {
    const solution = solveLinear(
      [
        [0, 2, 1],
        [1, 0, 0],
        [3, 0, -1],
      ],
      [7, 2, 3],
    )
    expect(solution).toEqual([2, 2, 3])
  })

  test('without a single solution are refused', () => {
    expect(() =>
      solveLinear(
        [
          [1, 1],
          [2, 2],
        ],
        [1, 2],
      ),
    ).toThrow('the equations have no single solution')
  })
})
