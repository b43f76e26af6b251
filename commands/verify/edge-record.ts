import type { BuiltInDialect } from '../../consumer/contract/dialects.ts'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import type { EdgeEvent } from './edge-events.ts'

/** The least difference between two times that a dialect can write. Milliseconds. */
export const stepMsOf = (dialect: BuiltInDialect): number => (dialect === 'rees46' ? 1000 : 1)

const WRITERS: Readonly<Record<BuiltInDialect, (event: EdgeEvent, id: string) => object>> = {
  'user-events': ({ user, type, timeMs, page }, id) => ({
    event_id: id,
    user_id: user,
    page,
    action: type === 'page_view' ? 'view' : type,
    timestamp: timeMs / 1000,
  }),
  records: ({ user, type, timeMs, page }, id) => ({
    event_id: id,
    event_type: type,
    user_id: user,
    timestamp: new Date(timeMs).toISOString(),
    properties: { page },
  }),
  ecommerce: ({ user, type, timeMs, page }, id) => ({
    event_id: id,
    event_type: type,
    event_ts: new Date(timeMs).toISOString(),
    user_id: user,
    page,
  }),
  rees46: ({ user, type, timeMs }) => ({
    event_time: `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    event_type: type === 'page_view' ? 'view' : 'cart',
    user_id: user,
  }),
}

/** The event as a record of the dialect; copies have the same id, where the dialect has ids. */
export function edgeRecord(event: EdgeEvent, dialect: BuiltInDialect): NewRecord {
  const { user, timeMs, page } = event
  const written = WRITERS[dialect](event, `edge-${user}-${timeMs}-${page}`)
  return { key: String(user), value: Buffer.from(JSON.stringify(written)) }
}
