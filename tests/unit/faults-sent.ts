import { OUTCOMES } from '../../consumer/contract/outcome.ts'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import { type Disorders, NO_DISORDER } from '../../consumer/settings/disorders.ts'
import type { ScenarioName } from '../../consumer/settings/scenario-names.ts'
import { createEffects } from '../../producer/faults/create-effects.ts'
import { createDisordering } from '../../producer/faults/disordering.ts'
import type { Effects } from '../../producer/faults/effects.ts'
import type { ReferenceEvent } from '../../producer/oracle/event.ts'
import { createRandom } from '../../producer/random.ts'
import type { SyntheticRecord } from '../../producer/synthetic-record.ts'
import { asUserEventsJson, at } from '../builders.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'

export interface SteadyTraffic {
  readonly seed?: number
  readonly count?: number
  /** Between two events, milliseconds. */
  readonly stepMs?: number
  /** They take turns; person 0 is user 1. */
  readonly people?: number
  readonly disorder?: Partial<Disorders>
  /** Goes on all the time. */
  readonly scenario?: ScenarioName
  readonly allowedLatenessMs?: number
}

/** An event that happened, and the record its client made of it. */
export interface Made {
  readonly person: number
  readonly happenedMs: number
  readonly claimedMs: number
  readonly record: SyntheticRecord
}

export const effectsOf = ({ disorder = {}, scenario }: SteadyTraffic): Effects =>
  createEffects({
    disorder: { ...NO_DISORDER, ...disorder },
    scenarios:
      scenario === undefined
        ? []
        : [{ name: scenario, fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }],
  }).at(0)

/** Page views at a steady pace, passed through the disordering until nothing is held any more. */
export function disordered(traffic: SteadyTraffic): { made: Made[]; sent: SyntheticRecord[] } {
  const { seed = 1, count = 5_000, stepMs = 100, people = 50, allowedLatenessMs = 600_000 } = traffic
  const effects = effectsOf(traffic)
  const disordering = createDisordering({ random: createRandom(seed, 1), allowedLatenessMs })
  const made: Made[] = []
  const sent: SyntheticRecord[] = []
  for (let number = 0; number < count; number++) {
    const happenedMs = at('09:00:00') + number * stepMs
    while (disordering.heldUntilMs <= happenedMs) sent.push(disordering.release())
    const person = number % people
    const claimedMs = disordering.claimedTimeMs(happenedMs, person, effects)
    const user = String(person + 1)
    const event: ReferenceEvent = {
      id: `e-${number}`,
      user,
      type: 'page_view',
      page: '/',
      timeMs: claimedMs,
      logTimeMs: happenedMs,
    }
    const record = { key: user, value: asUserEventsJson(event), timeMs: happenedMs }
    made.push({ person, happenedMs, claimedMs, record })
    disordering.pass(record, effects, sent)
  }
  while (disordering.heldUntilMs < Number.POSITIVE_INFINITY) sent.push(disordering.release())
  return { made, sent }
}

/** What becomes of each record in one partition of a log that stamps it when it is sent: an outcome's word. */
export function outcomesOf(sent: readonly SyntheticRecord[], allowedLatenessMs = 600_000): string[] {
  const pipeline = new Pipeline(coreOptions(aReferenceRun({ allowedLatenessMs })))
  return sent.map(({ value, timeMs }) => OUTCOMES[pipeline.process(value, 0, value.length, timeMs, true)]!)
}

/** The records as the reference reads them; they must be undamaged. */
export const eventsOf = (sent: readonly SyntheticRecord[]): ReferenceEvent[] =>
  sent.map(({ value, timeMs }) => {
    const record = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value))
    return {
      id: record.event_id,
      user: String(record.user_id),
      type: 'page_view',
      page: record.page,
      timeMs: Math.round(record.timestamp * 1000),
      logTimeMs: timeMs,
    }
  })

export const shareOf = <T>(items: readonly T[], test: (item: T) => boolean): number =>
  items.filter(test).length / items.length

/** Five standard errors around `share`: with a fixed seed it holds or it does not, by luck it fails hardly ever. */
export function bounds(share: number, count: number): readonly [number, number] {
  const error = 5 * Math.sqrt((share * (1 - share)) / count)
  return [share - error, share + error]
}
