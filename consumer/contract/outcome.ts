/**
 * What became of a record. These words are the metric labels, the dead-letter header and the log field alike.
 * consumed = accepted + dropped{reason} + rejected{reason}, always.
 */

/** A valid event that must not count, and why. */
export const DROP_REASONS = ['late', 'duplicate', 'bot'] as const

/** A record that is no valid event, and why. Its bytes go to the dead letters. */
export const REJECT_REASONS = [
  'empty',
  'too_large',
  'byte_order_mark',
  'schema_registry_frame',
  'invalid_utf8',
  'malformed_json',
  'not_an_object',
  'too_deep',
  'forbidden_key',
  'unknown_dialect',
  'missing_user',
  'invalid_user',
  'missing_type',
  'invalid_type',
  'missing_time',
  'invalid_time',
  'time_out_of_range',
  'future_dated',
  'invalid_event_id',
  'invalid_session_id',
  'invalid_page',
  'invalid_duration',
  'invalid_price',
  'negative_price',
  'invalid_currency',
  'number_as_string',
  'internal_error',
] as const

export type DropReason = (typeof DROP_REASONS)[number]
export type RejectReason = (typeof REJECT_REASONS)[number]

/** Index into {@link OUTCOMES}: the hot path passes small integers instead of objects. */
export type Outcome = number

export const OUTCOMES = ['accepted', ...DROP_REASONS, ...REJECT_REASONS] as const

export const ACCEPTED: Outcome = 0

const codeOf = Object.fromEntries(OUTCOMES.map((word, code) => [word, code]))

export const dropped = (reason: DropReason): Outcome => codeOf[reason]!
export const rejected = (reason: RejectReason): Outcome => codeOf[reason]!
export const isDropped = (outcome: Outcome): boolean => outcome > 0 && outcome <= DROP_REASONS.length
export const isRejected = (outcome: Outcome): boolean => outcome > DROP_REASONS.length
