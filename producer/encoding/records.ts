import type { Encoder, EncoderOptions } from './encoder.ts'
import { goodsTexts } from './goods.ts'
import { jsonBytes } from './json-text.ts'
import { createIsoText, secondsText } from './time-text.ts'
import { flatUtmTags } from './utm-tags.ts'

/** Dialect `records`: ids are texts, and what describes the event stands under `properties`. */
export function createRecordsEncoder({ products, nextEventId }: EncoderOptions): Encoder {
  const isoText = createIsoText()
  const goods = goodsTexts(products)
  return {
    knows: () => true,
    frame: ({ userId, sessionId, userAgent, utm }) => ({
      head: `","user_id":"${userId}","session_id":"${sessionId}","timestamp":"`,
      tail: `${flatUtmTags(utm)},"user_agent":${userAgent}}}`,
    }),
    encode({ head, tail }, { type, page, referrer, product, timeMs, spentMs }) {
      const from = referrer === undefined ? '' : `,"referrer":${referrer}`
      const good = product === undefined ? '' : goods[product.index]!
      return jsonBytes(
        `{"event_id":"${nextEventId()}","event_type":"${type}${head}${isoText(timeMs)}","properties":{"page":${page}` +
          `${from},"duration":${secondsText(spentMs)}${good}${tail}`,
      )
    },
  }
}
