import { EventReader, type ReadingOptions } from '../../consumer/contract/event-reader.ts'
import { ACCEPTED } from '../../consumer/contract/outcome.ts'
import { withEventId } from '../collect/event-id.ts'
import type { Prepare } from './prepared-record.ts'

/**
 * Events of any dialect: keyed by their user, and with an event id where they have a place for one and carry none. It is
 * made of the replay's id and the record's place, so that what is sent twice counts once. What the exporter will reject
 * is sent all the same, for it to be counted there, under the key of its place.
 */
export function eventPreparation(options: ReadingOptions, replayId: string): Prepare {
  const reader = new EventReader(options)
  return ({ bytes, start, end, position }, fileNumber) => {
    const place = `${fileNumber}-${position}`
    const value = bytes.subarray(start, end)
    if (reader.read(bytes, start, end) !== ACCEPTED) return { key: place, value, timeMs: undefined }
    const key = reader.text('userId')!
    const { timeMs, hasId } = reader.event
    if (hasId) return { key, value, timeMs }
    const identified = withEventId(value, reader.dialect, `${replayId}-${place}`)
    // An id must not make a record too large that counts without one.
    return { key, value: identified.length > options.maxRecordBytes ? value : identified, timeMs }
  }
}
