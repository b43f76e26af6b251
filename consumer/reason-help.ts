import type { DropReason, RejectReason } from './contract/outcome.ts'

/** Why a record does not count, and what to do about it: one sentence or two per reason. */
export const REASON_HELP: Readonly<Record<DropReason | RejectReason, string>> = {
  late: 'Its time lies before the watermark, stream time minus the allowed lateness. Send events sooner, key them by user, or allow more with --allowed-lateness.',
  duplicate:
    'An event with the same id was accepted before. Give every event an id of its own; a repeated delivery needs nothing.',
  bot: 'Its user agent is that of a known bot, and --drop-bots is on. Switch it off to count bots.',
  empty: 'The record has no bytes, as a tombstone or a blank line. Do not produce it.',
  too_large: 'The record is longer than --max-record-bytes. Send less in one event, or raise the limit.',
  byte_order_mark: 'The record begins with a UTF-8 byte order mark. Have the producer encode UTF-8 without one.',
  schema_registry_frame:
    'The record begins with the zero byte of a schema registry frame (Avro, Protobuf or JSON Schema). Produce plain JSON.',
  invalid_utf8: 'The record is not valid UTF-8. Have the producer encode its text as UTF-8.',
  malformed_json:
    'The record is not one JSON text, or a CSV row has more or fewer cells than the header. Check how it was written.',
  not_an_object: 'The record is JSON but no object, such as a list or a number. Produce one object per record.',
  too_deep: 'Objects or lists are nested more than 64 levels deep. Flatten the event.',
  forbidden_key: 'A key is __proto__, which honest producers do not send. Rename it.',
  unknown_dialect:
    'The keys of the record are of no built-in dialect. Name the dialect with --dialect, or map your own JSON with --mapping.',
  missing_user:
    'There is no user id where the dialect has it, or it is empty. Send one with every event, or correct the mapping.',
  invalid_user: 'The user id is neither text nor a finite number. Send a string or an integer.',
  missing_type: 'There is no event name where the dialect has it. Send one, or give the mapping a constant type.',
  invalid_type: 'The event name is no text. Send a string such as page_view.',
  missing_time: 'There is no event time where the dialect has it. Send one with every event, or correct the mapping.',
  invalid_time:
    'The event time is not in the format of the dialect: ISO 8601 text or a number. Correct the producer, or time: in the mapping.',
  time_out_of_range:
    'The event time is not between 1970 and 2100, mostly because it is in another unit. Correct the producer, or time: in the mapping.',
  future_dated:
    'The event time lies after the log time by more than --future-tolerance. Set the clock of the client, or take its time when it reaches you.',
  invalid_event_id: 'The event id is empty or no text or number. Send a unique string, or none.',
  invalid_session_id: 'The session id is no text or number. Send a string, or none.',
  invalid_page: 'The page is no text or longer than 8,192 bytes. Send its path or URL as a string.',
  invalid_duration:
    'The duration is no number, negative, or longer than a day. Check its unit, duration: in the mapping.',
  invalid_price: 'The price is no number, or beyond 9 billion. Send a plain decimal in currency units.',
  negative_price: 'The price is negative. Send refunds as events of a type of their own.',
  invalid_currency: 'The currency is no ISO 4217 code. Send three letters such as EUR.',
  number_as_string:
    'A number comes as text, such as "19.99". Send it without the quotes, or set numbers_as_strings: true in a mapping.',
  internal_error: 'A fault of this program, and only this record is lost by it. Please report the record.',
}
