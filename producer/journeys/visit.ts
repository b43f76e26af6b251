import type { Frame } from '../encoding/encoder.ts'
import type { JsonText } from '../encoding/json-text.ts'
import type { Random } from '../random.ts'
import type { Journey } from './journey.ts'
import { type Move, type Place, placeAfter } from './moves.ts'
import { CART_PAGE, CHECKOUT_PAGE, CONFIRMATION_PAGE, HOME_PAGE, type Product, type Site } from './site.ts'

/** One visitor's stay on the site, from the first page to the last event. */
export interface Visit {
  readonly person: number
  /** False for bots, who are nobody of the audience. */
  readonly isPerson: boolean
  /** The key of its records: the user id. */
  readonly key: string
  readonly frame: Frame
  readonly journey: Journey
  place: Place
  page: JsonText
  /** The page before; undefined on the first. */
  referrer: JsonText | undefined
  /** The product looked at or searched for last: the one that is added, bought and paid for. */
  product: Product
  /** The product that the link leads to by which the visitor comes, until they have seen it. */
  linked: Product | undefined
  nextMove: Move
  /** When the next move is due. Epoch ms. */
  dueMs: number
}

/** Takes the visitor where `nextMove` leads. */
export function makeNextMove(visit: Visit, site: Site, random: Random): void {
  const { nextMove, place } = visit
  const page = pageAfter(visit, site, random)
  if (page !== visit.page) {
    visit.referrer = place === 'entrance' ? undefined : visit.page
    visit.page = page
  }
  visit.place = placeAfter(nextMove, place) ?? place
}

function pageAfter(visit: Visit, site: Site, random: Random): JsonText {
  switch (visit.nextMove) {
    case 'view_home':
      return HOME_PAGE
    case 'view_category':
      // Categories are as popular as what they hold.
      return site.popularProduct(random).categoryPage
    case 'search':
      visit.product = site.popularProduct(random)
      return visit.product.searchPage
    case 'view_product':
      visit.product = visit.linked ?? site.popularProduct(random)
      visit.linked = undefined
      return visit.product.page
    case 'view_cart':
      return CART_PAGE
    case 'view_checkout':
      return CHECKOUT_PAGE
    case 'view_confirmation':
      return CONFIRMATION_PAGE
    default:
      return visit.page
  }
}
