import type { Encoder, EncoderOptions } from './encoder.ts'
import { jsonBytes } from './json-text.ts'
import { createEpochText, secondsText } from './time-text.ts'
import { flatUtmTags } from './utm-tags.ts'

/** Dialect `user-events`: ids are numbers, the time is in seconds, and only a purchase has a product and its price. */
export function createUserEventsEncoder({ products, nextEventId }: EncoderOptions): Encoder {
  const epochText = createEpochText()
  const sales = products.map(({ price, currency, id }) => `,"price":${price},"currency":${currency},"product_id":${id}`)
  return {
    knows: () => true,
    frame: ({ userId, sessionId, userAgent, utm }) => ({
      head: `","user_id":${userId},"session_id":${sessionId},"page":`,
      tail: `${flatUtmTags(utm)},"user_agent":${userAgent}}`,
    }),
    encode({ head, tail }, { type, page, product, timeMs, spentMs }) {
      const action = type === 'page_view' ? 'view' : type
      const sale = type === 'purchase' && product !== undefined ? sales[product.index]! : ''
      return jsonBytes(
        `{"event_id":"${nextEventId()}${head}${page},"action":"${action}","duration":${secondsText(spentMs)}` +
          `,"timestamp":${epochText(timeMs)}${sale}${tail}`,
      )
    },
  }
}
