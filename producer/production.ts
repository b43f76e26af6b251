import { randomInt } from 'node:crypto'
import type { Settings } from '../consumer/settings/settings.ts'
import { countedRecords, type DueRecords, liveRecords } from './due-records.ts'
import { eventClock } from './event-clock.ts'
import { loadTrafficModel } from './journeys/model.ts'
import { syntheticTraffic, type TrafficSettings } from './synthetic-traffic.ts'

export type ProductionSettings = TrafficSettings &
  Settings<'run' | 'speed' | 'fromMs' | 'events' | 'durationMs' | 'output'>

/** What a producer makes, and when. */
export interface Production {
  readonly records: DueRecords
  readonly run: number
  /** In words, such as `200 synthetic events a second`. */
  readonly inWords: string
}

/** As the setting has it: beyond, ids would not fit a double. */
const LARGEST_RUN = 900_718
const SIMULATED_START_MS = Date.UTC(2026, 0, 1)

/** @throws {RefusedSettings} when the model is refused or the beginning lies in the future */
export function productionOf(settings: ProductionSettings, now: () => number): Production {
  const { events, durationMs, speed, users, ratePerSecond } = settings
  const model = loadTrafficModel(settings.trafficModel)
  const run = settings.run ?? anotherRun(settings)
  const load =
    users === undefined ? `${ratePerSecond} synthetic events a second` : `events of ${users} visitors at a time`
  if (events !== undefined) {
    const startMs = settings.fromMs ?? SIMULATED_START_MS
    const records = countedRecords(syntheticTraffic(settings, model, { run, startMs }), events)
    return { records, run, inWords: `${events} synthetic events since ${new Date(startMs).toISOString()}` }
  }
  const clock = eventClock(settings, now())
  const traffic = syntheticTraffic(settings, model, { run, startMs: clock.startMs })
  // Where event time is simulated, what is behind is made up for: nobody waits for it.
  const records = liveRecords({ traffic, clock, now, durationMs, skips: speed === 1 })
  const since = `, ${speed} times as fast as real time since ${new Date(clock.startMs).toISOString()}`
  return { records, run, inWords: speed === 1 ? load : load + since }
}

/** Where nothing remembers the last run, chance keeps them apart; a file begins anew each time. */
const anotherRun = ({ output }: ProductionSettings): number => (output === undefined ? randomInt(1, LARGEST_RUN) : 1)
