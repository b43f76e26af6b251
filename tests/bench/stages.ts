import { Decoder } from '../../consumer/contract/decode.ts'
import { ACCEPTED } from '../../consumer/contract/outcome.ts'
import { DecodedEvent, Validator } from '../../consumer/contract/validate.ts'
import type { CoreOptions } from '../../consumer/core/options.ts'
import { Pages } from '../../consumer/core/pages.ts'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import { type Settled, sessionize, settle } from '../../consumer/core/sessionize.ts'
import { newPartitionState, type PartitionState } from '../../consumer/core/state.ts'
import { observe } from '../../consumer/core/stream-clock.ts'
import type { Block } from './traffic.ts'

/** Runs over a block and returns a number that depends on all its records, so that no work can be left out. */
export type Run = (block: Block) => number

export interface Stage {
  readonly name: string
  readonly start: (options: CoreOptions) => Run
  /** True when it costs what it does only once the traffic has gone on for a while. */
  readonly keepsState: boolean
}

/** What the path is compared with: making objects of the records and nothing else. */
export const parseToObjects: Run = ({ bytes, starts, records }) => {
  let used = 0
  for (let i = 0; i < records; i++) {
    const event = JSON.parse(bytes.toString('utf8', starts[i]!, starts[i + 1]!))
    used += event.page.length
  }
  return used
}

/** Each stage does what the ones before it do, and its own; each has a state of its own. */
export const STAGES: readonly Stage[] = [
  { name: 'scan and decode', start: decoding, keepsState: false },
  { name: 'validate', start: validating, keepsState: false },
  { name: 'judge time and dedupe', start: judging, keepsState: true },
  { name: 'pages, sessions and their closing', start: sessionizing, keepsState: true },
  { name: 'count', start: oneByOne, keepsState: true },
  { name: 'saved by reading in groups', start: inGroups, keepsState: true },
]

function decoding(options: CoreOptions): Run {
  const decoder = new Decoder(options)
  return ({ bytes, starts, records }) => {
    let used = 0
    for (let i = 0; i < records; i++) used += decoder.decode(bytes, starts[i]!, starts[i + 1]!)
    return used
  }
}

/** Decodes and validates; hands every valid event to `take`. */
function eventReader(options: CoreOptions, take: (event: DecodedEvent, logTimeMs: number) => number): Run {
  const decoder = new Decoder(options)
  const validator = new Validator(options, decoder)
  const event = new DecodedEvent()
  return ({ bytes, starts, logTimesMs, records }) => {
    let used = 0
    for (let i = 0; i < records; i++) {
      const start = starts[i]!
      const end = starts[i + 1]!
      if (decoder.decode(bytes, start, end) !== ACCEPTED) continue
      if (validator.validate(event, bytes, start, end) === ACCEPTED) used += take(event, logTimesMs[i]!)
    }
    return used
  }
}

function validating(options: CoreOptions): Run {
  return eventReader(options, (event) => event.id.lo ^ event.key.hi ^ event.timeMs)
}

/** False when the event is late or a duplicate. Moves the watermark, without which no id would ever expire. */
function judge({ clock, seen }: PartitionState, options: CoreOptions, event: DecodedEvent, logTimeMs: number): boolean {
  const { watermarkMs } = clock
  if (event.timeMs > logTimeMs + options.futureToleranceMs || event.timeMs < watermarkMs) return false
  if (event.hasId && !seen.add(event.id, event.timeMs, watermarkMs)) return false
  observe(clock, options, event.timeMs, logTimeMs, true, event.user)
  return true
}

function judging(options: CoreOptions): Run {
  const state = newPartitionState(options)
  return eventReader(options, (event, logTimeMs) => (judge(state, options, event, logTimeMs) ? 1 : 0))
}

function sessionizing(options: CoreOptions): Run {
  const state = newPartitionState(options)
  const { counters, sessions, clock } = state
  const pages = new Pages(counters)
  const { anyPage, somePage } = counters.funnelMasks
  const labels = counters.pages.values
  const pageBefore = (page: number, other: number): boolean => labels[page]! < labels[other]!
  let closed = 0
  const settled: Settled = {
    started: () => {},
    openForADay: () => {},
    closed: () => {
      closed++
    },
  }
  const run = eventReader(options, (event, logTimeMs) => {
    sessions.touchKey(event.key.lo)
    if (!judge(state, options, event, logTimeMs)) return 0
    const page = pages.find(event.pageBytes, event.pageStart, event.pageEnd)
    const steps = anyPage[event.type]! | (somePage[event.type]! & page.steps)
    sessionize(sessions, options, event, page.id, steps, pageBefore)
    settle(sessions, options, clock.watermarkMs, settled)
    return 1
  })
  return (block) => run(block) + closed
}

/** The whole path as the service takes it. */
function inGroups(options: CoreOptions): Run {
  const pipeline = new Pipeline(options)
  return ({ ranges }) => {
    for (let from = 0; from < ranges.length; ) from += pipeline.processGroup(ranges, from, true)
    return pipeline.state.sessions.open + pipeline.state.counters.closed.values[0]!
  }
}

function oneByOne(options: CoreOptions): Run {
  const pipeline = new Pipeline(options)
  return ({ bytes, starts, logTimesMs, records }) => {
    for (let i = 0; i < records; i++) pipeline.process(bytes, starts[i]!, starts[i + 1]!, logTimesMs[i]!, true)
    return pipeline.state.sessions.open + pipeline.state.counters.closed.values[0]!
  }
}
