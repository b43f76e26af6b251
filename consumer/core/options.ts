import type { ReadingOptions } from '../contract/event-reader.ts'
import type { CountOptions } from './count.ts'
import type { SessionOptions } from './sessionize.ts'
import type { TimeOptions } from './stream-clock.ts'

/**
 * Everything that decides what the log's records count as. Plain, frozen data: the state of a partition is a function
 * of these options, the log and nothing else, and they are saved with it.
 */
export interface CoreOptions extends ReadingOptions, TimeOptions, SessionOptions, CountOptions {
  /** Drops events whose user agent names a bot. */
  readonly dropBots: boolean
}

/** Raised whenever the same log and options would give another state: a snapshot of another version is not used. */
export const CORE_VERSION = 1

/** Options as one line of JSON; equal options give equal text. Infinity is written as text, which JSON lacks. */
export function optionsToText(options: CoreOptions): string {
  return JSON.stringify(sorted(options), (_key, value: unknown) =>
    value === Number.POSITIVE_INFINITY ? 'Infinity' : value,
  )
}

export function optionsFromText(text: string): CoreOptions {
  return JSON.parse(text, (key, value: unknown) =>
    key.endsWith('Ms') && value === 'Infinity' ? Number.POSITIVE_INFINITY : value,
  )
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  )
}
