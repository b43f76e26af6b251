import type { EventType } from './click-event.ts'

/** The fields of a ClickEvent that a dialect can find in a record. */
export const EVENT_FIELDS = [
  'eventId',
  'userId',
  'sessionId',
  'type',
  'page',
  'time',
  'duration',
  'productId',
  'price',
  'currency',
  'category',
  'brand',
  'userAgent',
  'utm',
  'device',
  'geo',
] as const

export type EventField = (typeof EVENT_FIELDS)[number]

/** `iso` is ISO 8601 / RFC 3339, also with a blank for the T and with ` UTC`; without a zone it is UTC. */
export const TIME_FORMATS = ['iso', 'seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const
export type TimeFormat = (typeof TIME_FORMATS)[number]

export const DURATION_UNITS = ['seconds', 'milliseconds'] as const
export type DurationUnit = (typeof DURATION_UNITS)[number]

export const CONSTANT_FIELDS = ['type', 'page', 'currency'] as const
export type ConstantField = (typeof CONSTANT_FIELDS)[number]

/** How one JSON shape maps onto the ClickEvent. Plain data: it is part of a snapshot's configuration. */
export interface Dialect {
  readonly name: string
  /** Where each field stands: keys joined by dots. */
  readonly fields: Readonly<Partial<Record<EventField, string>>>
  readonly timeFormat: TimeFormat
  readonly durationUnit: DurationUnit
  /** Event names of the shape that are not the contract's own words. */
  readonly types: Readonly<Record<string, EventType>>
  /** Values for fields that a record does not carry. */
  readonly constants: Readonly<Partial<Record<ConstantField, string>>>
  /** True where numbers may come as text, as in every CSV file. */
  readonly numbersAsStrings: boolean
}

const types: Readonly<Record<string, EventType>> = { view: 'page_view', pageview: 'page_view', cart: 'add_to_cart' }

const commerce = { price: 'price', currency: 'currency', productId: 'product_id', category: 'category', brand: 'brand' }

export const BUILT_IN_DIALECTS = {
  'user-events': {
    name: 'user-events',
    fields: {
      eventId: 'event_id',
      userId: 'user_id',
      sessionId: 'session_id',
      type: 'action',
      page: 'page',
      time: 'timestamp',
      duration: 'duration',
      userAgent: 'user_agent',
      ...commerce,
    },
    timeFormat: 'seconds',
    durationUnit: 'seconds',
    types,
    constants: {},
    numbersAsStrings: false,
  },
  records: {
    name: 'records',
    fields: {
      eventId: 'event_id',
      userId: 'user_id',
      sessionId: 'session_id',
      type: 'event_type',
      time: 'timestamp',
      page: 'properties.page',
      duration: 'properties.duration',
      price: 'properties.price',
      currency: 'properties.currency',
      productId: 'properties.product_id',
      category: 'properties.category',
      brand: 'properties.brand',
      userAgent: 'properties.user_agent',
    },
    timeFormat: 'iso',
    durationUnit: 'seconds',
    types,
    constants: {},
    numbersAsStrings: false,
  },
  ecommerce: {
    name: 'ecommerce',
    fields: {
      eventId: 'event_id',
      userId: 'user_id',
      sessionId: 'session_id',
      type: 'event_type',
      page: 'page',
      time: 'event_ts',
      userAgent: 'device.user_agent',
      utm: 'utm',
      device: 'device',
      geo: 'geo',
      ...commerce,
    },
    timeFormat: 'iso',
    durationUnit: 'seconds',
    types,
    constants: {},
    numbersAsStrings: false,
  },
  rees46: {
    name: 'rees46',
    fields: {
      // The public files have none; whoever sends their rows again and again can give them one.
      eventId: 'event_id',
      userId: 'user_id',
      sessionId: 'user_session',
      type: 'event_type',
      time: 'event_time',
      productId: 'product_id',
      category: 'category_code',
      brand: 'brand',
      price: 'price',
    },
    timeFormat: 'iso',
    durationUnit: 'seconds',
    types,
    constants: {},
    numbersAsStrings: true,
  },
} as const satisfies Record<string, Dialect>

export type BuiltInDialect = keyof typeof BUILT_IN_DIALECTS

/**
 * `auto` takes the first dialect whose key the record holds. The later, weaker keys give a record that lacks its
 * dialect's own key the right reason (missing_time, missing_type) instead of unknown_dialect.
 */
export const AUTO_RECOGNITION: readonly (readonly [key: string, dialect: BuiltInDialect])[] = [
  ['action', 'user-events'],
  ['event_ts', 'ecommerce'],
  ['event_time', 'rees46'],
  ['event_type', 'records'],
  ['timestamp', 'user-events'],
]
