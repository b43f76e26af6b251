import type { EventType } from '../../consumer/contract/click-event.ts'
import type { Encoder, EncoderOptions } from './encoder.ts'
import { jsonBytes } from './json-text.ts'
import { createSecondText } from './time-text.ts'

/** All that a shop of this dialect records, always about a product: neither pages nor what leads to a purchase. */
const WORDS: Readonly<Partial<Record<EventType, string>>> = {
  page_view: 'view',
  add_to_cart: 'cart',
  remove_from_cart: 'remove_from_cart',
  purchase: 'purchase',
}

/** Dialect `rees46`: every value is a text, the time has whole seconds, and there is no event id. */
export function createRees46Encoder({ products }: EncoderOptions): Encoder {
  const secondText = createSecondText(' ')
  const goods = products.map(
    ({ id, price, category, categoryId, brand }) =>
      `"product_id":${id},"category_id":${categoryId},"category_code":${category},"brand":${brand},"price":"${price}"`,
  )
  return {
    knows: (type, isAboutProduct) => isAboutProduct && WORDS[type] !== undefined,
    frame: ({ userId, sessionId }) => ({
      head: '{"event_time":"',
      tail: `,"user_id":"${userId}","user_session":"${sessionUuid(sessionId)}"}`,
    }),
    encode({ head, tail }, { type, product, timeMs }) {
      if (product === undefined) throw new TypeError(`a ${type} without a product has no record in this dialect`)
      return jsonBytes(`${head}${secondText(timeMs)} UTC","event_type":"${WORDS[type]}",${goods[product.index]}${tail}`)
    },
  }
}

/** A UUID (version 8) that holds the number in hex. */
function sessionUuid(sessionId: number): string {
  const digits = sessionId.toString(16).padStart(15, '0')
  return `00000000-0000-8000-8${digits.slice(0, 3)}-${digits.slice(3)}`
}
