import type { Encoder, EncoderOptions } from './encoder.ts'
import { goodsTexts } from './goods.ts'
import { jsonBytes } from './json-text.ts'
import { createIsoText } from './time-text.ts'

/** Dialect `ecommerce`: flat, with objects for what the visitor came by, with and from. It has no durations. */
export function createEcommerceEncoder({ products, nextEventId }: EncoderOptions): Encoder {
  const isoText = createIsoText()
  const goods = goodsTexts(products)
  return {
    knows: () => true,
    frame({ userId, sessionId, userAgent, device, country, utm }) {
      const tags = utm === undefined ? '' : `"source":${utm.source},"medium":${utm.medium},"campaign":${utm.campaign}`
      return {
        head: `","user_id":"${userId}","session_id":"${sessionId}","page":`,
        tail: `,"utm":{${tags}},"device":{"type":${device},"user_agent":${userAgent}},"geo":{"country":${country}}}`,
      }
    },
    encode({ head, tail }, { type, page, product, timeMs }) {
      const good = product === undefined ? '' : goods[product.index]!
      return jsonBytes(
        `{"event_id":"${nextEventId()}","event_type":"${type}","event_ts":"${isoText(timeMs)}${head}${page}${good}${tail}`,
      )
    },
  }
}
