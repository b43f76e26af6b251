import type { Dialect, EventField } from '../../consumer/contract/dialects.ts'
import { ABSENT, JsonScanner, NULL, OBJECT } from '../../consumer/contract/json-scan.ts'
import { ACCEPTED } from '../../consumer/contract/outcome.ts'
import { CLOSE_BRACE, isBlank } from '../../consumer/files/bytes.ts'

/** Where a dialect's records have their event id. */
interface IdPlace {
  /** The path, key by key: `['meta', 'id']`. */
  readonly keys: readonly string[]
  /** Slot by slot, what stands at the path's first key, its first two, ... */
  readonly scanner: JsonScanner
}

/** What a dialect's fields say is worked out once. An entry goes with its dialect. */
const places = new WeakMap<Dialect, { readonly place: IdPlace | undefined }>()

/** Fields that are objects: an id may stand in one. */
const TREES: readonly EventField[] = ['utm', 'device', 'geo']

const encoder = new TextEncoder()

/**
 * The record with this event id where its dialect has the id, all other bytes as they were: at the front of the object
 * it belongs into, or in the place of a null that stands there. Unchanged (the same array) when the record has an id, is
 * no JSON object, or has no place for one: its dialect maps none, another field stands where the id would, or something
 * that is no object stands on the way to it.
 */
export function withEventId(value: Uint8Array, dialect: Dialect, id: string): Uint8Array {
  const place = placeOf(dialect)
  if (place === undefined) return value
  const { keys, scanner } = place
  if (scanner.scan(value, 0, value.length) !== ACCEPTED) return value
  let objectStart = value.findIndex((byte) => !isBlank(byte))
  for (const depth of keys.keys()) {
    const kind = scanner.kind[depth]!
    const start = scanner.start[depth]!
    if (kind === ABSENT) {
      const front = objectStart + 1
      const member = `${JSON.stringify(keys[depth])}:${nested(keys.slice(depth + 1), id)}`
      return spliced(value, front, front, isEmptyFrom(value, front) ? member : `${member},`)
    }
    // A null counts as absent, but of a key that stands twice the last one counts: a new one in front would be lost.
    if (kind === NULL) return spliced(value, start, scanner.end[depth]!, nested(keys.slice(depth + 1), id))
    if (kind !== OBJECT) return value
    objectStart = start
  }
  return value
}

function placeOf(dialect: Dialect): IdPlace | undefined {
  let known = places.get(dialect)
  if (known === undefined) {
    known = { place: newPlace(dialect) }
    places.set(dialect, known)
  }
  return known.place
}

function newPlace({ fields }: Dialect): IdPlace | undefined {
  const path = fields.eventId
  if (path === undefined) return undefined
  for (const [field, other] of Object.entries(fields)) {
    if (field === 'eventId') continue
    // An id of ours would be read as the session or the page, or make an object of it.
    if (other === path || (path.startsWith(`${other}.`) && !TREES.includes(field as EventField))) return undefined
  }
  const keys = path.split('.')
  return { keys, scanner: new JsonScanner(keys.map((_, depth) => keys.slice(0, depth + 1).join('.'))) }
}

/** The id inside the objects that its path still needs: `{"meta":{"id":"..."}}`. */
const nested = (keys: readonly string[], id: string): string =>
  JSON.stringify(keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), id))

function isEmptyFrom(value: Uint8Array, from: number): boolean {
  let at = from
  while (isBlank(value[at]!)) at++
  return value[at] === CLOSE_BRACE
}

function spliced(value: Uint8Array, from: number, to: number, text: string): Uint8Array {
  const inserted = encoder.encode(text)
  const result = Buffer.allocUnsafe(value.length - (to - from) + inserted.length)
  result.set(value.subarray(0, from))
  result.set(inserted, from)
  result.set(value.subarray(to), from + inserted.length)
  return result
}
