import type { EventType } from '../../consumer/contract/click-event.ts'
import type { BuiltInDialect } from '../../consumer/contract/dialects.ts'
import { createEcommerceEncoder } from './ecommerce.ts'
import type { JsonText } from './json-text.ts'
import { createRecordsEncoder } from './records.ts'
import { createRees46Encoder } from './rees46.ts'
import { createUserEventsEncoder } from './user-events.ts'

export interface SoldProduct {
  /** Its place in the catalogue, from 0. */
  readonly index: number
  readonly id: JsonText
  /** A plain decimal with two digits: as a number it would lose the zeros of 19.90 and 20.00. */
  readonly price: string
  readonly currency: JsonText
  readonly category: JsonText
  readonly categoryId: JsonText
  readonly brand: JsonText
}

export interface UtmTags {
  readonly source: JsonText
  readonly medium: JsonText
  readonly campaign: JsonText
}

/** What is the same for all events of a visit. */
export interface VisitFacts {
  /** Digits. */
  readonly userId: string
  readonly sessionId: number
  readonly userAgent: JsonText
  readonly device: JsonText
  readonly country: JsonText
  readonly utm: UtmTags | undefined
}

/** What a visitor did. */
export interface Deed {
  readonly type: EventType
  readonly page: JsonText
  /** The page before; undefined on the first of a visit. */
  readonly referrer: JsonText | undefined
  /** The product it is about. */
  readonly product: SoldProduct | undefined
  /** When, as the client says. Epoch ms. */
  readonly timeMs: number
  /** How long until the visitor does something else. Milliseconds. */
  readonly spentMs: number
}

/** The parts of a visit's records that do not change, put together once. */
export interface Frame {
  readonly head: JsonText
  readonly tail: JsonText
}

/** Writes what happened as records of one dialect. */
export interface Encoder {
  /** Whether the dialect has records of such events at all. */
  knows(type: EventType, isAboutProduct: boolean): boolean
  frame(visit: VisitFacts): Frame
  encode(frame: Frame, deed: Deed): Uint8Array
}

export interface EncoderOptions {
  readonly products: readonly SoldProduct[]
  nextEventId(): string
}

const ENCODERS: Readonly<Record<BuiltInDialect, (options: EncoderOptions) => Encoder>> = {
  'user-events': createUserEventsEncoder,
  records: createRecordsEncoder,
  ecommerce: createEcommerceEncoder,
  rees46: createRees46Encoder,
}

export const createEncoder = (dialect: BuiltInDialect, options: EncoderOptions): Encoder => ENCODERS[dialect](options)
