import type { EventType } from '../consumer/contract/click-event.ts'
import type { Random } from './random.ts'

/** What dialect `user-events` calls the kinds of event. */
export type Action = 'view' | Exclude<EventType, 'page_view' | 'custom'>

/** What a visitor can do. `scroll` and `click` happen on the page they are on; `leave` sends no event. */
export type Move =
  | 'view_home'
  | 'view_category'
  | 'search'
  | 'view_results'
  | 'view_product'
  | 'scroll'
  | 'click'
  | 'add_to_cart'
  | 'view_cart'
  | 'remove_from_cart'
  | 'view_checkout'
  | 'checkout'
  | 'purchase'
  | 'view_confirmation'
  | 'leave'

/** Where a visitor is, as far as it decides what they do next. */
export type Place =
  | 'entrance'
  | 'home'
  | 'searched'
  | 'listing'
  | 'product'
  | 'added'
  | 'cart'
  | 'emptied'
  | 'checkout_page'
  | 'checking_out'
  | 'bought'
  | 'confirmation'

/** Percent of the visitors at a place who make each move. */
type Odds = Partial<Record<Move, number>>

interface JourneyPlan {
  /** Time between two events of a visit, milliseconds: from the first to the second number, mostly in the lower third. */
  thinkMs: readonly [number, number]
  odds: Record<Place, Odds>
}

export interface Journey {
  thinkTimeMs(random: Random): number
  /** The first move is made at the `entrance` and is always a page view. */
  nextMove(place: Place, random: Random): Move
}

/** No think time is longer: the generator's limit on the time between two events of a visit builds on it. */
export const LONGEST_THINK_MS = 12_000

/**
 * Places where the kinds of visit do not differ. In every plan, only `added` leads to the cart and only the cart
 * to the checkout, so nobody buys what they did not put in.
 */
const SAME_FOR_ALL: Pick<JourneyPlan['odds'], 'emptied' | 'checkout_page' | 'bought' | 'confirmation' | 'searched'> = {
  searched: { view_results: 90, search: 5, leave: 5 },
  emptied: { view_product: 20, view_category: 20, leave: 60 },
  checkout_page: { checkout: 85, scroll: 5, leave: 10 },
  bought: { view_confirmation: 100 },
  confirmation: { leave: 75, click: 5, scroll: 10, view_home: 10 },
}

const BROWSER: JourneyPlan = {
  thinkMs: [1_000, LONGEST_THINK_MS],
  odds: {
    ...SAME_FOR_ALL,
    entrance: { view_home: 50, view_category: 25, view_product: 25 },
    home: { scroll: 15, click: 20, view_category: 30, search: 10, view_product: 20, leave: 5 },
    listing: { scroll: 20, click: 20, view_product: 30, view_category: 10, leave: 20 },
    product: { scroll: 25, click: 10, view_product: 15, view_category: 10, view_home: 5, add_to_cart: 5, leave: 30 },
    added: { view_cart: 40, view_product: 30, leave: 30 },
    cart: { remove_from_cart: 30, view_checkout: 15, scroll: 5, leave: 50 },
    checking_out: { purchase: 30, scroll: 10, leave: 60 },
  },
}

const RESEARCHER: JourneyPlan = {
  thinkMs: [1_500, LONGEST_THINK_MS],
  odds: {
    ...SAME_FOR_ALL,
    entrance: { view_home: 35, view_category: 30, view_product: 35 },
    home: { scroll: 20, click: 15, search: 40, view_category: 25 },
    listing: { scroll: 20, click: 17, view_product: 45, search: 10, leave: 8 },
    product: { scroll: 30, click: 10, view_product: 22, search: 10, view_category: 8, add_to_cart: 5, leave: 15 },
    added: { view_cart: 30, view_product: 50, leave: 20 },
    cart: { remove_from_cart: 40, view_checkout: 15, scroll: 5, leave: 40 },
    checking_out: { purchase: 30, scroll: 10, leave: 60 },
  },
}

const BUYER: JourneyPlan = {
  thinkMs: [1_500, 10_000],
  odds: {
    ...SAME_FOR_ALL,
    entrance: { view_home: 30, view_category: 25, view_product: 45 },
    home: { scroll: 5, click: 15, search: 30, view_category: 20, view_product: 30 },
    listing: { scroll: 10, click: 20, view_product: 65, leave: 5 },
    product: { scroll: 20, click: 5, view_product: 15, add_to_cart: 50, leave: 10 },
    added: { view_cart: 75, view_product: 15, leave: 10 },
    cart: { view_checkout: 65, remove_from_cart: 10, scroll: 5, leave: 20 },
    checking_out: { purchase: 50, scroll: 15, leave: 35 },
  },
}

const QUICK_BUYER: JourneyPlan = {
  thinkMs: [800, 5_000],
  odds: {
    ...SAME_FOR_ALL,
    entrance: { view_product: 100 },
    home: { view_product: 90, leave: 10 },
    listing: { view_product: 90, leave: 10 },
    product: { add_to_cart: 90, leave: 10 },
    added: { view_cart: 100 },
    cart: { view_checkout: 85, remove_from_cart: 5, leave: 10 },
    checking_out: { purchase: 70, leave: 30 },
  },
}

/** One page, and gone; some look down the page or click on it first, so that definitions of a bounce differ. */
const LEAVES_AT_ONCE: Odds = { leave: 65, scroll: 25, click: 10 }

function bouncing(plan: JourneyPlan): JourneyPlan {
  return { ...plan, odds: { ...plan.odds, home: LEAVES_AT_ONCE, listing: LEAVES_AT_ONCE, product: LEAVES_AT_ONCE } }
}

/**
 * Kinds of visit and their percentages. Of all visits, 38 % see a single page, 22 % add to the cart, 10 % reach
 * the checkout and 6 % buy. Right after a start the sessions that have closed are the short ones, so fewer of them buy.
 */
const KINDS = [
  { plan: BROWSER, percent: 60, bouncePercent: 34 },
  { plan: RESEARCHER, percent: 20, bouncePercent: 8 },
  { plan: BUYER, percent: 15, bouncePercent: 8 },
  { plan: QUICK_BUYER, percent: 5, bouncePercent: 4 },
]

/** Draws the journey of a new visit. */
export type DrawJourney = (random: Random) => Journey

export function prepareJourneys(): DrawJourney {
  const drawKind = percentDraw(
    KINDS.map(({ plan, percent, bouncePercent }) => {
      const kind = { journey: prepareJourney(plan), bounce: prepareJourney(bouncing(plan)), bouncePercent }
      return [kind, percent] as const
    }),
  )
  return (random) => {
    const { journey, bounce, bouncePercent } = drawKind(random)
    return random.below(100) < bouncePercent ? bounce : journey
  }
}

function prepareJourney({ thinkMs: [shortestMs, longestMs], odds }: JourneyPlan): Journey {
  const draws = Object.fromEntries(
    Object.entries(odds).map(([place, moves]) => [place, percentDraw(Object.entries(moves) as [Move, number][])]),
  ) as Record<Place, (random: Random) => Move>
  return {
    // The product of two even numbers leans to the low side, as think times do, and is exact on every machine.
    thinkTimeMs: (random) => shortestMs + Math.floor((longestMs - shortestMs) * random.unit() * random.unit()),
    nextMove: (place, random) => draws[place](random),
  }
}

function percentDraw<T>(shares: readonly (readonly [T, number])[]): (random: Random) => T {
  const table = shares.flatMap(([value, percent]) => Array<T>(percent).fill(value))
  if (table.length !== 100)
    throw new Error(`percentages must add up to 100, not ${table.length}: ${JSON.stringify(shares)}`)
  return (random) => table[random.below(100)]!
}
