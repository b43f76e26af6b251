import type { SoldProduct } from './encoder.ts'

/** What flat dialects say of each product, by its index: the fields' JSON, each behind a comma. */
export const goodsTexts = (products: readonly SoldProduct[]): readonly string[] =>
  products.map(
    ({ id, price, currency, category, brand }) =>
      `,"product_id":${id},"price":${price},"currency":${currency},"category":${category},"brand":${brand}`,
  )
