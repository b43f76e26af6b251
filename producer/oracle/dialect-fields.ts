import type { BuiltInDialect } from '../../consumer/contract/dialects.ts'
import type { Json, JsonObject } from './json.ts'

/** What stands in a record where its dialect has each field; undefined where there is nothing. */
export interface RecordFields {
  readonly id?: Json | undefined
  readonly user: Json | undefined
  readonly session: Json | undefined
  readonly type: Json | undefined
  readonly page?: Json | undefined
  readonly time: Json | undefined
  readonly duration?: Json | undefined
  readonly price: Json | undefined
  readonly currency?: Json | undefined
  readonly userAgent?: Json | undefined
  /** The time is text and not a number of seconds. */
  readonly isTimeText: boolean
  /** Numbers may come as text, as in CSV files. */
  readonly takesNumbersAsText: boolean
}

const READERS: Readonly<Record<BuiltInDialect, (record: JsonObject) => RecordFields>> = {
  'user-events': (record) => ({
    id: record.get('event_id'),
    user: record.get('user_id'),
    session: record.get('session_id'),
    type: record.get('action'),
    page: record.get('page'),
    time: record.get('timestamp'),
    duration: record.get('duration'),
    price: record.get('price'),
    currency: record.get('currency'),
    userAgent: record.get('user_agent'),
    isTimeText: false,
    takesNumbersAsText: false,
  }),
  records: (record) => {
    const properties = objectIn(record, 'properties')
    return {
      id: record.get('event_id'),
      user: record.get('user_id'),
      session: record.get('session_id'),
      type: record.get('event_type'),
      page: properties.get('page'),
      time: record.get('timestamp'),
      duration: properties.get('duration'),
      price: properties.get('price'),
      currency: properties.get('currency'),
      userAgent: properties.get('user_agent'),
      isTimeText: true,
      takesNumbersAsText: false,
    }
  },
  ecommerce: (record) => ({
    id: record.get('event_id'),
    user: record.get('user_id'),
    session: record.get('session_id'),
    type: record.get('event_type'),
    page: record.get('page'),
    time: record.get('event_ts'),
    price: record.get('price'),
    currency: record.get('currency'),
    userAgent: objectIn(record, 'device').get('user_agent'),
    isTimeText: true,
    takesNumbersAsText: false,
  }),
  rees46: (record) => ({
    id: record.get('event_id'),
    user: record.get('user_id'),
    session: record.get('user_session'),
    type: record.get('event_type'),
    time: record.get('event_time'),
    price: record.get('price'),
    isTimeText: true,
    takesNumbersAsText: true,
  }),
}

/** The fields of a record; undefined when `auto` finds none of the keys it tells the dialects apart by. */
export function fieldsOf(record: JsonObject, dialect: 'auto' | BuiltInDialect): RecordFields | undefined {
  const named = dialect === 'auto' ? dialectOf(record) : dialect
  return named && READERS[named](record)
}

function dialectOf(record: JsonObject): BuiltInDialect | undefined {
  const has = (key: string): boolean => !isMissing(record.get(key))
  if (has('action')) return 'user-events'
  if (has('event_ts')) return 'ecommerce'
  if (has('event_time')) return 'rees46'
  if (has('event_type')) return 'records'
  return has('timestamp') ? 'user-events' : undefined
}

/** Null is as good as not being there. */
export const isMissing = (value: Json | undefined): value is null | undefined => value === undefined || value === null

function objectIn(record: JsonObject, key: string): JsonObject {
  const value = record.get(key)
  return value instanceof Map ? value : new Map()
}
