import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClickEvent } from '../../consumer/contract/click-event.ts'
import { Describer } from '../../consumer/contract/describe.ts'
import { BUILT_IN_DIALECTS, type BuiltInDialect } from '../../consumer/contract/dialects.ts'
import { type Disorders, NO_DISORDER } from '../../consumer/settings/disorders.ts'
import { createEffects } from '../../producer/faults/create-effects.ts'
import type { Effects } from '../../producer/faults/effects.ts'
import { loadTrafficModel, type TrafficModel } from '../../producer/journeys/model.ts'
import { createTraffic, type Traffic, type TrafficOptions } from '../../producer/journeys/traffic.ts'
import type { SyntheticRecord } from '../../producer/synthetic-record.ts'

/** A Monday at midnight UTC. */
export const START_MS = Date.UTC(2024, 3, 29)

/** The shop's model with what the YAML says otherwise. */
export function aModel(yaml = ''): TrafficModel {
  const folder = mkdtempSync(join(tmpdir(), 'model-'))
  try {
    const path = join(folder, 'model.yaml')
    writeFileSync(path, yaml)
    return loadTrafficModel(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A day on which every hour is as busy as the others: rates do not depend on when it starts. */
export const FLAT_DAY = `day_curve: [${new Array(24).fill(1).join(', ')}]\n`

export type TrafficWords = Partial<Omit<TrafficOptions, 'effects' | 'model'>> & {
  readonly yaml?: string
  readonly disorder?: Partial<Disorders>
  /** What differs from an undisturbed day, all the time. */
  readonly effects?: Partial<Effects>
}

/** 200 events a second from midnight on, of seed 7, unless told otherwise. */
export function aTraffic({ yaml = FLAT_DAY, disorder = {}, effects = {}, ...options }: TrafficWords = {}): Traffic {
  const undisturbed = createEffects({ disorder: { ...NO_DISORDER, ...disorder }, scenarios: [] }).at(START_MS)
  const disturbed = { ...undisturbed, ...effects }
  return createTraffic({
    seed: 7,
    run: 0,
    model: aModel(yaml),
    dialect: 'user-events',
    visitors: 100_000,
    load: { eventsPerSecond: 200 },
    startMs: START_MS,
    partitions: 4,
    allowedLatenessMs: 600_000,
    effects: { at: () => disturbed },
    ...options,
  })
}

/** The records of the first seconds. */
export const seconds = (count: number, words: TrafficWords = {}): SyntheticRecord[] =>
  aTraffic(words).take(Number.POSITIVE_INFINITY, (words.startMs ?? START_MS) + 1000 * count)

/** What the consumer makes of the records; throws for one that it would reject. */
export function eventsOf(records: readonly SyntheticRecord[], dialect: BuiltInDialect = 'user-events'): ClickEvent[] {
  const describer = new Describer({
    dialect: BUILT_IN_DIALECTS[dialect],
    maxRecordBytes: 1_048_576,
    numbersAsStrings: false,
    sessionKey: 'user',
    defaultCurrency: '',
    dedupeRows: false,
  })
  return records.map(({ value }) => describer.describe(value, 0, value.length).event)
}

/** Events by the visit they belong to, in the order in which the visits began. */
export const visitsOf = (events: readonly ClickEvent[]): ClickEvent[][] => [
  ...Map.groupBy(events, ({ sessionId }) => sessionId).values(),
]

/** Visits that had time to go on and did not: those still under way would look shorter than they are. */
export function endedVisitsOf(events: readonly ClickEvent[]): ClickEvent[][] {
  const endMs = events.at(-1)!.timeMs
  return visitsOf(events).filter((visit) => endMs - visit.at(-1)!.timeMs > 60_000)
}

export const shareOf = <T>(all: readonly T[], holds: (one: T) => boolean): number =>
  all.filter(holds).length / all.length

/** Four standard errors of a share that is counted over so many. */
export const tolerance = (share: number, count: number): number => 4 * Math.sqrt((share * (1 - share)) / count)
