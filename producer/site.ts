import { base, en, Faker, generateMersenne53Randomizer } from '@faker-js/faker'
import type { Random } from './random.ts'

/** Text that is already JSON, quotes included: escaped once at start instead of once per event. */
export type JsonText = string

export interface Product {
  id: JsonText
  page: JsonText
  /** The results page for its name. */
  searchPage: JsonText
  /** A plain decimal with two digits, in {@link CURRENCY}. */
  price: string
}

/** The made-up shop that is visited: the same for every run of a seed. */
export interface Site {
  products: readonly Product[]
  categoryPages: readonly JsonText[]
  userAgents: readonly JsonText[]
}

export const CURRENCY = 'EUR'
export const HOME_PAGE: JsonText = '"/"'
export const CART_PAGE: JsonText = '"/cart"'
export const CHECKOUT_PAGE: JsonText = '"/checkout"'
export const CONFIRMATION_PAGE: JsonText = '"/confirmation"'

const PRODUCTS = 200
const FIRST_PRODUCT_ID = 1000
const CATEGORIES = 10
const USER_AGENTS = 50
const PRICE_ENDINGS = ['.99', '.99', '.95', '.49', '.00']

export function createSite(seed: number): Site {
  // The randomizer is passed in because Faker otherwise starts from Math.random.
  const faker = new Faker({ locale: [en, base], randomizer: generateMersenne53Randomizer(seed) })
  return {
    products: Array.from({ length: PRODUCTS }, (_, index) => createProduct(faker, FIRST_PRODUCT_ID + index)),
    categoryPages: faker.helpers
      .uniqueArray(() => faker.commerce.department(), CATEGORIES)
      .map((name) => JSON.stringify(`/category/${slug(name)}`)),
    userAgents: faker.helpers
      .uniqueArray(() => browserUserAgent(faker), USER_AGENTS)
      .map((agent) => JSON.stringify(agent)),
  }
}

/** Few products get most of the views: the first of 200 about 3 %, the last hundred together 15 %. */
export function popularProduct(site: Site, random: Random): Product {
  const rank = random.unit() * random.unit()
  return site.products[Math.floor(rank * site.products.length)]!
}

function createProduct(faker: Faker, id: number): Product {
  const name = faker.commerce.productName()
  const price = `${faker.number.int({ min: 4, max: 149 })}${faker.helpers.arrayElement(PRICE_ENDINGS)}`
  return {
    id: JSON.stringify(String(id)),
    page: JSON.stringify(`/product/${id}`),
    searchPage: JSON.stringify(`/search?q=${name.toLowerCase().split(' ').map(encodeURIComponent).join('+')}`),
    price,
  }
}

/** Faker also makes crawlers; with bot filtering on they would be dropped, and the visitors here are people. */
function browserUserAgent(faker: Faker): string {
  const agent = faker.internet.userAgent()
  return agent.startsWith('Mozilla/') && !agent.includes('(compatible') ? agent : browserUserAgent(faker)
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}
