import { BUILT_IN_DIALECTS, type BuiltInDialect } from '../../consumer/contract/dialects.ts'
import { DISORDERS, type Disorders, NO_DISORDER } from '../../consumer/settings/disorders.ts'
import { createEffects } from '../../producer/faults/create-effects.ts'
import { loadTrafficModel } from '../../producer/journeys/model.ts'
import { createTraffic } from '../../producer/journeys/traffic.ts'
import { programFlags } from '../program-flags.ts'

const HELP = `Usage: node tests/bench/generate.ts [--json]

How many synthetic events one core makes in a second of its own time, for each dialect, in order and with every kind of
disorder at 3 %. Takes a few seconds.

Options:
  --json      print the figures as one JSON object
  -h, --help  print this
`

const DISORDERED = Object.fromEntries(DISORDERS.map((kind) => [kind, 0.03])) as Disorders
/** As a consumer that keeps up would take them. */
const BATCH = 5_000
const WARMING_EVENTS = 100_000
const EVENTS = 200_000
/** The site is full, and what is held back for the lateness comes out again. */
const LOAD = { eventsPerSecond: 500 }
const ALLOWED_LATENESS_MS = 60_000

interface Figures {
  readonly dialect: BuiltInDialect
  /** Per second of the processor's time: others on the machine change it little. */
  readonly eventsPerSecond: number
  readonly disorderedPerSecond: number
  readonly recordBytes: number
}

const model = loadTrafficModel()

function measure(dialect: BuiltInDialect, disorder: Disorders): { perSecond: number; recordBytes: number } {
  const traffic = createTraffic({
    seed: 7,
    run: 0,
    model,
    dialect,
    visitors: 100_000,
    load: LOAD,
    startMs: Date.UTC(2024, 4, 1, 10),
    partitions: 4,
    allowedLatenessMs: ALLOWED_LATENESS_MS,
    effects: createEffects({ disorder, scenarios: [] }),
  })
  let bytes = 0
  const make = (events: number): void => {
    for (let made = 0; made < events; made += BATCH) {
      for (const { value } of traffic.take(BATCH, Number.POSITIVE_INFINITY)) bytes += value.length
    }
  }
  make(WARMING_EVENTS)
  bytes = 0
  const before = process.cpuUsage()
  make(EVENTS)
  const { user, system } = process.cpuUsage(before)
  return { perSecond: (EVENTS / (user + system)) * 1e6, recordBytes: bytes / EVENTS }
}

const flags = programFlags(HELP, { json: { type: 'boolean', default: false } })
const figures = Object.keys(BUILT_IN_DIALECTS).map((name): Figures => {
  const dialect = name as BuiltInDialect
  const ordered = measure(dialect, NO_DISORDER)
  const disordered = measure(dialect, DISORDERED)
  return {
    dialect,
    eventsPerSecond: ordered.perSecond,
    disorderedPerSecond: disordered.perSecond,
    recordBytes: ordered.recordBytes,
  }
})
const thousands = (perSecond: number): string => `${Math.round(perSecond / 1000)},000`.padStart(13)
const table = [
  'synthetic events per second of one core   in order   disordered   bytes each',
  ...figures.map(
    ({ dialect, eventsPerSecond, disorderedPerSecond, recordBytes }) =>
      `  ${dialect.padEnd(35)}${thousands(eventsPerSecond)}${thousands(disorderedPerSecond)}${recordBytes.toFixed(0).padStart(13)}`,
  ),
]
process.stdout.write(flags.json ? `${JSON.stringify(figures, undefined, 2)}\n` : `${table.join('\n')}\n`)
