import type { Faker } from '@faker-js/faker'
import type { SoldProduct } from '../encoding/encoder.ts'
import { type JsonText, jsonText } from '../encoding/json-text.ts'
import type { Random } from '../random.ts'
import type { TrafficModel } from './model.ts'
import { createPopularity } from './popularity.ts'

export interface Product extends SoldProduct {
  readonly page: JsonText
  /** The results page for its name. */
  readonly searchPage: JsonText
  readonly categoryPage: JsonText
}

/** The made-up shop that is visited: the same for every run of a seed. */
export interface Site {
  /** The most popular first. */
  readonly products: readonly Product[]
  popularProduct(random: Random): Product
}

export const HOME_PAGE: JsonText = jsonText('/')
export const CART_PAGE: JsonText = jsonText('/cart')
export const CHECKOUT_PAGE: JsonText = jsonText('/checkout')
export const CONFIRMATION_PAGE: JsonText = jsonText('/confirmation')

const FIRST_PRODUCT_ID = 1000
const PRODUCTS_PER_BRAND = 8
const PRICE_ENDINGS = ['.99', '.99', '.95', '.49', '.00']
/** Ids of categories are long numbers, as shops have them. */
const CATEGORY_ID_DIGITS = 17

export function createSite(plan: TrafficModel['site'], faker: Faker): Site {
  const categories = faker.helpers
    .uniqueArray(() => faker.commerce.department(), plan.categories)
    .map((name) => ({ slug: slug(name), id: `20${faker.string.numeric(CATEGORY_ID_DIGITS)}` }))
  const brands = Array.from({ length: Math.ceil(plan.products / PRODUCTS_PER_BRAND) }, () => slug(faker.company.name()))
  const products = Array.from({ length: plan.products }, (_, index): Product => {
    const name = faker.commerce.productName()
    const category = faker.helpers.arrayElement(categories)
    const units = faker.number.int({ min: plan.priceFrom, max: plan.priceTo - 1 })
    return {
      index,
      id: jsonText(String(FIRST_PRODUCT_ID + index)),
      price: `${units}${faker.helpers.arrayElement(PRICE_ENDINGS)}`,
      currency: jsonText(plan.currency),
      category: jsonText(category.slug),
      categoryId: jsonText(category.id),
      brand: jsonText(faker.helpers.arrayElement(brands)),
      page: jsonText(`/product/${FIRST_PRODUCT_ID + index}`),
      searchPage: jsonText(`/search?q=${name.toLowerCase().split(' ').map(encodeURIComponent).join('+')}`),
      categoryPage: jsonText(`/category/${category.slug}`),
    }
  })
  const popularity = createPopularity(products.length)
  return { products, popularProduct: (random) => products[popularity.rank(random)]! }
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
}
