import type { EventType } from '../../consumer/contract/click-event.ts'

/** Where a visitor is, as far as it decides what they do next: a page, or what they have just done on it. */
export const PLACES = [
  'entrance',
  'home',
  'searched',
  'listing',
  'product',
  'added',
  'cart',
  'emptied',
  'checkout_page',
  'checking_out',
  'bought',
  'confirmation',
] as const
export type Place = (typeof PLACES)[number]

interface Meaning {
  /** What the site records of it; `leave` sends nothing. */
  readonly event: EventType | undefined
  /** Where it leads; undefined stays on the page. */
  readonly to: Place | undefined
  /** Where it can be made; undefined is everywhere. Nobody buys what they did not put into the cart. */
  readonly onlyFrom?: Place
  readonly aboutProduct?: true
}

/** What a visitor can do. */
export const MOVES = {
  view_home: { event: 'page_view', to: 'home' },
  view_category: { event: 'page_view', to: 'listing' },
  search: { event: 'search', to: 'searched' },
  view_results: { event: 'page_view', to: 'listing', onlyFrom: 'searched' },
  view_product: { event: 'page_view', to: 'product', aboutProduct: true },
  scroll: { event: 'scroll', to: undefined },
  click: { event: 'click', to: undefined },
  add_to_cart: { event: 'add_to_cart', to: 'added', onlyFrom: 'product', aboutProduct: true },
  view_cart: { event: 'page_view', to: 'cart', onlyFrom: 'added' },
  remove_from_cart: { event: 'remove_from_cart', to: 'emptied', onlyFrom: 'cart', aboutProduct: true },
  view_checkout: { event: 'page_view', to: 'checkout_page', onlyFrom: 'cart' },
  checkout: { event: 'checkout', to: 'checking_out', onlyFrom: 'checkout_page' },
  purchase: { event: 'purchase', to: 'bought', onlyFrom: 'checking_out', aboutProduct: true },
  view_confirmation: { event: 'page_view', to: 'confirmation', onlyFrom: 'bought' },
  leave: { event: undefined, to: undefined },
} as const satisfies Record<string, Meaning>
export type Move = keyof typeof MOVES

export const MOVE_NAMES = Object.keys(MOVES) as readonly Move[]

export const meaningOf = (move: Move): Meaning => MOVES[move]

/** The first move of a visit: always a page view, because sessions and bounces are counted from the first page. */
export const FIRST_MOVES: readonly Move[] = ['view_home', 'view_category', 'view_product']

/** The pages on which a visit can begin, and at which somebody who bounces goes no further. */
export const LANDING_PLACES: readonly Place[] = ['home', 'listing', 'product']

/** Where a move leads from a place; undefined is out of the site. */
export const placeAfter = (move: Move, place: Place): Place | undefined =>
  move === 'leave' ? undefined : (meaningOf(move).to ?? place)
