import type { NewRecord } from '../../consumer/contract/log-port.ts'
import { RefusedSettings } from '../../consumer/settings/fault.ts'
import { SETTINGS, type Settings } from '../../consumer/settings/settings.ts'
import { loadTrafficModel } from '../../producer/journeys/model.ts'
import { syntheticTraffic, type TrafficSettings } from '../../producer/synthetic-traffic.ts'
import { edgeEvents, edgeSpanMs } from './edge-events.ts'
import { edgeRecord, stepMsOf } from './edge-record.ts'

export type StreamSettings = TrafficSettings &
  Settings<'events' | 'fromMs' | 'sessionGapMs' | 'engagedAfterMs' | 'aheadLimitMs' | 'aheadUsers'>

/** Records sent together. */
const BATCH_RECORDS = 2_000
/** The log is new: no other run's ids are in it. */
const RUN = 1

/** Part of a stream: records in the order they are sent. */
export interface StreamBatch {
  readonly records: readonly NewRecord[]
  /** False for those at the edges of the rules, which end the stream. */
  readonly isTraffic: boolean
}

/**
 * The stream that is verified: traffic, then the edges. The same settings give the same records.
 * @throws {RefusedSettings} when the model cannot be used, when nothing would happen, or as soon as an event would lie
 * after `nowMs`, where the log's own clock would cap what it says
 */
export function* streamBatches(settings: StreamSettings, nowMs: number): Generator<StreamBatch, void, undefined> {
  const { emitDialect: dialect, ratePerSecond, users } = settings
  // The command has defaults for both.
  const [events, fromMs] = [settings.events!, settings.fromMs!]
  if (ratePerSecond === 0 && users === undefined) {
    throw new RefusedSettings([{ setting: SETTINGS.ratePerSecond.flag, value: '0', fix: 'write a rate above 0' }])
  }
  const traffic = syntheticTraffic(settings, loadTrafficModel(settings.trafficModel), { run: RUN, startMs: fromMs })
  let afterMs = fromMs
  for (let left = events; left > 0; ) {
    const records = traffic.take(Math.min(left, BATCH_RECORDS), Number.POSITIVE_INFINITY)
    left -= records.length
    afterMs = Math.max(afterMs, records.at(-1)?.timeMs ?? fromMs)
    if (afterMs + edgeSpanMs(settings) > nowMs) throw tooLate(afterMs + edgeSpanMs(settings))
    yield { records, isTraffic: true }
  }
  const edges = edgeEvents({ ...settings, afterMs, stepMs: stepMsOf(dialect) })
  for (let at = 0; at < edges.length; at += BATCH_RECORDS) {
    const records = edges.slice(at, at + BATCH_RECORDS).map((event) => edgeRecord(event, dialect))
    yield { records, isTraffic: false }
  }
}

function tooLate(endMs: number): RefusedSettings {
  const end = new Date(endMs).toISOString()
  return new RefusedSettings([
    {
      setting: SETTINGS.fromMs.flag,
      fix: `the stream would end in the future (${end}), begin it earlier or shorten it`,
    },
  ])
}
