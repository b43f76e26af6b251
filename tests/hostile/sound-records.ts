import type { Random } from '../../producer/random.ts'

/** A JSON object as it is written: keys and values in their order, each as JSON text. */
export type Members = readonly (readonly [key: string, value: string])[]

/** The keys under which fields of any dialect stand. */
export const FIELD_KEYS = [
  ...['event_id', 'user_id', 'session_id', 'user_session', 'action', 'event_type', 'timestamp', 'event_ts'],
  ...['event_time', 'page', 'duration', 'price', 'currency', 'user_agent', 'properties', 'device', 'utm', 'geo'],
] as const

const FIRST_SECOND = Date.UTC(2024, 4, 1, 10) / 1000
const PAGES = ['"/"', '"/home"', '"/products/7"', '"/cart"', '"/checkout?step=2"']

export const oneOf = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!

type Shape = (random: Random, id: string, seconds: number) => Members

const user = (random: Random): number => 1 + random.below(500)
const iso = (seconds: number): string => `"${new Date(seconds * 1000).toISOString()}"`

const SHAPES: readonly Shape[] = [
  (random, id, seconds) => [
    ['event_id', id],
    ['user_id', String(user(random))],
    ['session_id', '3'],
    ['page', oneOf(random, PAGES)],
    ['action', '"view"'],
    ['duration', '1.5'],
    ['timestamp', String(seconds)],
  ],
  (random, id, seconds) => [
    ['event_id', id],
    ['event_type', '"click"'],
    ['user_id', `"u-${user(random)}"`],
    ['timestamp', iso(seconds)],
    ['properties', `{"page":${oneOf(random, PAGES)},"referrer":"/"}`],
  ],
  (random, id, seconds) => [
    ['event_id', id],
    ['event_type', '"purchase"'],
    ['event_ts', iso(seconds)],
    ['user_id', `"u-${user(random)}"`],
    ['page', oneOf(random, PAGES)],
    ['price', '19.99'],
    ['currency', '"EUR"'],
    ['device', '{"os":"iOS"}'],
  ],
  (random, _id, seconds) => [
    ['event_time', `"${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC"`],
    ['event_type', '"cart"'],
    ['product_id', '"44600062"'],
    ['price', '"35.79"'],
    ['user_id', `"${user(random)}"`],
  ],
]

/** Valid records of all dialects, none with the id of another; every fifth of those that could have one has none. */
export function* soundRecords(random: Random, idPrefix: string): Generator<Members, never> {
  for (let count = 0; ; count++) {
    const members = oneOf(random, SHAPES)(random, `"${idPrefix}-${count}"`, FIRST_SECOND + Math.floor(count / 50))
    yield random.below(5) === 0 ? members.filter(([key]) => key !== 'event_id') : members
  }
}

export const objectText = (members: Members): string =>
  `{${members.map(([key, value]) => `"${key}":${value}`).join(',')}}`
