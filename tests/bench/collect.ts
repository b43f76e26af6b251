import { cpus, loadavg } from 'node:os'
import { startBroker } from '../kafka/native-broker.ts'
import { programFlags, wholeNumber } from '../program-flags.ts'
import {
  CONNECTIONS,
  type Contestant,
  EMBEDDED,
  EXPECTING,
  FLOOR,
  kafka,
  measured,
  type Run,
} from './collect/contestants.ts'
import { BATCH, batches } from './collect/load.ts'
import { onCore } from './collect/on-core.ts'
import { orderOf, spreadOf } from './kafka/figures.ts'

const HELP = `Usage: npm run bench:collector -- [--events N] [--rounds N] [--json]

What it costs to take in events over HTTP, in batches of ${BATCH} over ${CONNECTIONS} connections that are kept: into the embedded log,
into a real Kafka, and by a server that parses them and does nothing else, in turn, round by round. The process under
measurement has one core, everything else another. Linux only.

Options:
  --events N  sent to each (default: 200000)
  --rounds N  of each (default: 3)
  --json      print the figures as one JSON object
  -h, --help  print this
`

const GOAL_PER_SECOND = 10_000

interface Figures {
  readonly name: string
  readonly what: string
  readonly eventsPerSecond: number
  readonly slowest: number
  readonly cpuSecondsPerMillion: number
  /** CPU per event to that of the floor, each round by itself. */
  readonly toFloor: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly peakRssMb: number
}

async function measure(events: number, rounds: number): Promise<Figures[]> {
  // What is started inherits it: the broker too.
  const isApart = onCore(0, process.pid)
  if (!isApart) process.stderr.write('one core for everything: the figures are lower than they could be\n')
  const broker = await startBroker({ forLoad: true })
  try {
    const contestants = [FLOOR, EMBEDDED, EXPECTING, kafka(broker.bootstrap)]
    const requests = batches(events)
    const runs = new Map<Contestant, Run[]>(contestants.map((contestant) => [contestant, []]))
    for (let round = 0; round < rounds; round++) {
      for (const contestant of orderOf(contestants, round)) {
        const run = await measured(contestant, requests)
        runs.get(contestant)!.push(run)
        process.stderr.write(
          `round ${round + 1}, ${contestant.name}: ${Math.round(run.eventsPerSecond)} events/s, ${run.cpuSecondsPerMillion.toFixed(2)} CPU s per million\n`,
        )
      }
    }
    const floor = runs.get(FLOOR)!
    return contestants.map((contestant) => figuresOf(contestant, runs.get(contestant)!, floor))
  } finally {
    await broker.close()
  }
}

function figuresOf({ name, what }: Contestant, runs: readonly Run[], floor: readonly Run[]): Figures {
  const median = (figure: (run: Run, round: number) => number): number => spreadOf(runs.map(figure)).median
  return {
    name,
    what,
    eventsPerSecond: median((run) => run.eventsPerSecond),
    slowest: Math.min(...runs.map((run) => run.eventsPerSecond)),
    cpuSecondsPerMillion: median((run) => run.cpuSecondsPerMillion),
    toFloor: median((run, round) => run.cpuSecondsPerMillion / floor[round]!.cpuSecondsPerMillion),
    p50Ms: median((run) => run.p50Ms),
    p99Ms: median((run) => run.p99Ms),
    peakRssMb: Math.max(...runs.map((run) => run.peakRssMb)),
  }
}

const WIDTHS = [14, 11, 11, 19, 10, 9, 9, 13]
const row = (cells: readonly string[]): string =>
  cells.map((cell, at) => (at === 0 ? cell.padEnd(WIDTHS[0]!) : cell.padStart(WIDTHS[at]!))).join('')
const whole = (value: number): string => Math.round(value).toLocaleString('en')

function table(figures: readonly Figures[]): string {
  const head = ['', 'events/s', 'slowest', 'CPU s per million', 'to floor', 'p50 ms', 'p99 ms', 'peak RSS MB']
  const rows = figures.map((own) => [
    own.name,
    whole(own.eventsPerSecond),
    whole(own.slowest),
    own.cpuSecondsPerMillion.toFixed(2),
    own.toFloor.toFixed(2),
    own.p50Ms.toFixed(1),
    own.p99Ms.toFixed(1),
    whole(own.peakRssMb),
  ])
  const goals = figures.slice(1).map(({ name, slowest }) => {
    const met = slowest >= GOAL_PER_SECOND ? 'met   ' : 'missed'
    return `${met} at least ${whole(GOAL_PER_SECOND)} events/s on one core, ${name}: ${whole(slowest)} in the slowest round`
  })
  return [...[head, ...rows].map(row), '', ...figures.map(({ name, what }) => `${name}: ${what}`), '', ...goals].join(
    '\n',
  )
}

const flags = programFlags(HELP, {
  events: { type: 'string', default: '200000' },
  rounds: { type: 'string', default: '3' },
  json: { type: 'boolean', default: false },
})
// What was started is ended on exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const loadBefore = loadavg()[0]!
const figures = await measure(wholeNumber('events', flags.events, 10 * BATCH), wholeNumber('rounds', flags.rounds))
const cores = cpus()
const machine = `${cores[0]!.model}, ${cores.length} cores, Node ${process.versions.node}; load ${loadBefore.toFixed(1)} before`
process.stdout.write(
  flags.json ? `${JSON.stringify({ machine, figures }, null, 2)}\n` : `${machine}\n\n${table(figures)}\n`,
)
