import type { Action, Journey, Move, Place } from './journeys.ts'
import type { Random } from './random.ts'
import {
  CART_PAGE,
  CHECKOUT_PAGE,
  CONFIRMATION_PAGE,
  HOME_PAGE,
  type JsonText,
  type Product,
  popularProduct,
  type Site,
} from './site.ts'

/** One visitor's stay on the site, from the first page to the last event. */
export interface Visit {
  readonly person: number
  readonly sessionId: number
  readonly journey: Journey
  place: Place
  page: JsonText
  /** The product looked at or searched for last: the one that is added, bought and paid for. */
  product: Product
  nextMove: Move
  /** When the next move is due, and when the last one was made; epoch milliseconds. */
  dueMs: number
  lastMs: number
}

export function startVisit(
  person: number,
  sessionId: number,
  journey: Journey,
  { site, random, timeMs }: { site: Site; random: Random; timeMs: number },
): Visit {
  return {
    person,
    sessionId,
    journey,
    place: 'entrance',
    page: HOME_PAGE,
    product: site.products[0]!,
    nextMove: journey.nextMove('entrance', random),
    dueMs: timeMs,
    lastMs: timeMs,
  }
}

/** Takes the visitor where `nextMove` leads and says what the site records of it. */
export function makeNextMove(visit: Visit, site: Site, random: Random): Action {
  switch (visit.nextMove) {
    case 'view_home':
      return go(visit, 'home', HOME_PAGE, 'view')
    case 'view_category':
      return go(visit, 'listing', site.categoryPages[random.below(site.categoryPages.length)]!, 'view')
    case 'search':
      visit.product = popularProduct(site, random)
      return go(visit, 'searched', visit.product.searchPage, 'search')
    case 'view_results':
      return go(visit, 'listing', visit.page, 'view')
    case 'view_product':
      visit.product = popularProduct(site, random)
      return go(visit, 'product', visit.product.page, 'view')
    case 'scroll':
      return 'scroll'
    case 'click':
      return 'click'
    case 'add_to_cart':
      return go(visit, 'added', visit.page, 'add_to_cart')
    case 'view_cart':
      return go(visit, 'cart', CART_PAGE, 'view')
    case 'remove_from_cart':
      return go(visit, 'emptied', CART_PAGE, 'remove_from_cart')
    case 'view_checkout':
      return go(visit, 'checkout_page', CHECKOUT_PAGE, 'view')
    case 'checkout':
      return go(visit, 'checking_out', CHECKOUT_PAGE, 'checkout')
    case 'purchase':
      return go(visit, 'bought', CHECKOUT_PAGE, 'purchase')
    case 'view_confirmation':
      return go(visit, 'confirmation', CONFIRMATION_PAGE, 'view')
    case 'leave':
      throw new Error('a visit whose next move is to leave has ended already')
  }
}

function go(visit: Visit, place: Place, page: JsonText, action: Action): Action {
  visit.place = place
  visit.page = page
  return action
}
