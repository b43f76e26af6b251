import type { EventType } from '../consumer/contract/click-event.ts'
import type { OracleOptions, ReferenceEvent, ReferenceOptions } from '../producer/oracle/event.ts'
import { PartitionOracle } from '../producer/oracle/partition-oracle.ts'
import { asUserEventsJson } from './builders.ts'
import { isStateCounter } from './exposition.ts'

const TYPES: Record<string, EventType> = { view: 'page_view' }

interface UserEvent {
  event_id?: string
  user_id: number | string
  session_id?: number
  page?: string
  action: string
  duration?: number
  timestamp: number
  price?: number
  currency?: string
}

/** A record of the dialect user-events as the reference takes it; ids in paths as the exporter labels them. */
export function referenceEventOf(record: UserEvent, logTimeMs: number): ReferenceEvent {
  return {
    ...(record.event_id !== undefined && { id: record.event_id }),
    user: String(record.user_id),
    ...(record.session_id !== undefined && { session: String(record.session_id) }),
    type: TYPES[record.action] ?? (record.action as EventType),
    ...(record.page !== undefined && { page: record.page.replace(/[?#].*$/, '').replace(/\/\d+(?=\/|$)/g, '/:id') }),
    timeMs: Math.round(record.timestamp * 1000),
    logTimeMs,
    ...(record.duration !== undefined && { durationMs: Math.round(record.duration * 1000) }),
    ...(record.price !== undefined && { priceMicros: BigInt(Math.round(record.price * 100)) * 10_000n }),
    ...(record.currency !== undefined && { currency: record.currency }),
  }
}

const NO_JSON = new TextEncoder().encode('{"broken"')

/** What the oracle takes beside the rules, as an exporter has it unless it is told otherwise. */
export const anOracleRun = (options: ReferenceOptions): OracleOptions => ({
  dialect: 'user-events',
  pages: [],
  maxPages: 100,
  defaultCurrency: '',
  maxRecordBytes: 1_048_576,
  ...options,
})

/**
 * Every state-derived counter that /metrics must show for one partition's log, zeros left out, as series -> value.
 * @param malformed records of the log that are no JSON, wherever they stand: they change nothing else
 */
export function referenceSeries(
  events: readonly ReferenceEvent[],
  options: ReferenceOptions,
  partition: { group: string; topic: string; partition: string },
  malformed = 0,
): Record<string, number> {
  const oracle = new PartitionOracle(anOracleRun(options))
  const log = [
    ...events.map((event) => ({ value: asUserEventsJson(event), logTimeMs: event.logTimeMs })),
    ...Array.from({ length: malformed }, () => ({ value: NO_JSON, logTimeMs: 0 })),
  ]
  for (const [offset, record] of log.entries()) oracle.take({ offset, ...record })
  const shared = Object.entries(partition).map(([label, text]) => `${label}="${text}"`)
  const series = [...oracle.series()].map(([key, value]) => [withLabels(key, shared.join()), value] as const)
  return Object.fromEntries(series.filter(([key]) => isStateCounter(key)))
}

const withLabels = (key: string, labels: string): string =>
  key.endsWith('}') ? `${key.slice(0, -1)},${labels}}` : `${key}{${labels}}`
