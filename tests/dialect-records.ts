import type { BuiltInDialect } from '../consumer/contract/dialects.ts'
import type { ReferenceEvent } from '../producer/oracle/event.ts'
import { asUserEventsJson } from './builders.ts'

const CRAWLER = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'

type AsObject = (event: ReferenceEvent) => unknown

const priceOf = ({ priceMicros }: ReferenceEvent): number | undefined =>
  priceMicros === undefined ? undefined : Number(priceMicros) / 1e6

const isoOf = ({ timeMs }: ReferenceEvent): string => new Date(timeMs).toISOString()
const agentOf = ({ bot }: ReferenceEvent): string | undefined => (bot ? CRAWLER : undefined)

const ids = ({ id, user, session }: ReferenceEvent) => ({ event_id: id, user_id: user, session_id: session })

const OBJECTS: Record<Exclude<BuiltInDialect, 'user-events'>, AsObject> = {
  records: (event) => ({
    ...ids(event),
    event_type: event.type,
    timestamp: isoOf(event),
    properties: {
      page: event.page,
      duration: event.durationMs === undefined ? undefined : event.durationMs / 1_000,
      price: priceOf(event),
      currency: event.currency,
      user_agent: agentOf(event),
    },
  }),
  ecommerce: (event) => ({
    ...ids(event),
    event_type: event.type,
    event_ts: isoOf(event),
    page: event.page,
    price: priceOf(event),
    currency: event.currency,
    device: { user_agent: agentOf(event) },
  }),
  rees46: (event) => ({
    user_id: event.user,
    user_session: event.session,
    event_type: event.type,
    event_time: isoOf(event).replace('T', ' ').replace('Z', ' UTC'),
    price: priceOf(event)?.toFixed(2),
  }),
}

/** The event as a record of a dialect, as far as the dialect has places for what it holds. */
export const recordOf = (event: ReferenceEvent, dialect: BuiltInDialect): Uint8Array =>
  dialect === 'user-events' ? asUserEventsJson(event) : Buffer.from(JSON.stringify(OBJECTS[dialect](event)))
