import type { Settings } from '../consumer/settings/settings.ts'
import type { TRAFFIC_SETTINGS } from '../consumer/settings/traffic-settings.ts'
import { createEffects } from './faults/create-effects.ts'
import type { TrafficModel } from './journeys/model.ts'
import { createTraffic, type Traffic } from './journeys/traffic.ts'

export type TrafficSettings = Settings<(typeof TRAFFIC_SETTINGS)[number] | 'partitions' | 'allowedLatenessMs'>

export interface Beginning {
  /** Ids of one run never come again in another. */
  readonly run: number
  /** Event time of the beginning, epoch milliseconds. */
  readonly startMs: number
}

/** The traffic the settings describe, made by a model that was read before. */
export function syntheticTraffic(settings: TrafficSettings, model: TrafficModel, { run, startMs }: Beginning): Traffic {
  const { scenarios, scenarioAtMs, scenarioForMs, disorder, users, ratePerSecond } = settings
  const fromMs = startMs + scenarioAtMs
  return createTraffic({
    seed: settings.seed,
    run,
    model,
    dialect: settings.emitDialect,
    visitors: settings.visitors,
    load: users === undefined ? { eventsPerSecond: ratePerSecond } : { visitorsOnSite: users },
    startMs,
    partitions: settings.partitions,
    allowedLatenessMs: settings.allowedLatenessMs,
    effects: createEffects({
      disorder,
      scenarios: scenarios.map((name) => ({ name, fromMs, toMs: fromMs + scenarioForMs })),
    }),
  })
}
