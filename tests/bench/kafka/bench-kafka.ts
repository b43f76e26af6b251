import { createRequire } from 'node:module'
import { cpus, loadavg } from 'node:os'
import { KAFKA_VERSION } from '../../kafka/jars.ts'
import { connectKafka } from '../../kafka/kafka-client.ts'
import { startBroker } from '../../kafka/native-broker.ts'
import { oneOf, programFlags, wholeNumber } from '../../program-flags.ts'
import { SHAPES, type Shape } from '../traffic.ts'
import { CONTESTANTS, type Contestant, type Reading } from './contestants.ts'
import { type Figures, figuresOf, type Goal, orderOf, type Round } from './figures.ts'
import { goalsOf } from './goals.ts'
import { reportText } from './report.ts'
import { type Filling, filledTopic } from './topics.ts'

const CODECS = ['none', 'zstd'] as const

const HELP = `Usage: npm run bench:kafka -- [--events N] [--rounds N] [--shape WORD] [--compression WORD] [--json]

What it costs to follow a real Kafka: a topic of 4 partitions is filled once and read from its beginning to its end by
this consumer, by two of it in one group and in two, and by programs that do less, in turn, round by round. Linux only.

CPU time is what the system counted for the processes, user and system, all threads, from their start until everything
was read, less what the same programs take for a start on an empty topic, measured just before.

Options:
  --events N          in the topic (default: 1000000)
  --rounds N          of each contestant (default: 3)
  --shape WORD        ${SHAPES.join(' or ')} (default: user-events)
  --compression WORD  of the topic, ${CODECS.join(' or ')} (default: none)
  --json              print the figures as one JSON object
  -h, --help          print this
`

/** Two consumers that start together find themselves in one assignment, and none reads the other's partitions first. */
const JOIN_TOGETHER = { 'group.initial.rebalance.delay.ms': 3_000 }

interface Result {
  readonly machine: string
  readonly load: { readonly before: number; readonly after: number }
  readonly events: number
  readonly shape: Shape
  readonly compression: string
  readonly contestants: readonly Figures[]
  readonly goals: readonly Goal[]
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`)

async function measure(filling: Filling, rounds: number): Promise<Result> {
  const { events, shape, codec } = filling
  const before = loadavg()[0]!
  const broker = await startBroker({ forLoad: true, properties: JOIN_TOGETHER })
  try {
    const kafka = await connectKafka(broker.bootstrap)
    progress(`writing ${events} events`)
    const empty = { bootstrap: broker.bootstrap, topic: await filledTopic(kafka, { ...filling, events: 0 }), events: 0 }
    const full = { bootstrap: broker.bootstrap, topic: await filledTopic(kafka, filling), events }
    await kafka.disconnect()
    const contestants = figuresOf(await run(empty, full, rounds), events)
    return {
      machine: machine(),
      load: { before, after: loadavg()[0]! },
      events,
      shape,
      compression: codec,
      contestants,
      goals: goalsOf(contestants),
    }
  } finally {
    await broker.close()
  }
}

async function run(empty: Reading, full: Reading, rounds: number): Promise<Map<Contestant, Round[]>> {
  const measured = new Map<Contestant, Round[]>(CONTESTANTS.map((contestant) => [contestant, []]))
  for (let round = 0; round < rounds; round++) {
    for (const contestant of orderOf(CONTESTANTS, round)) {
      const own = { empty: await contestant.read(empty), full: await contestant.read(full) }
      measured.get(contestant)!.push(own)
      progress(
        `round ${round + 1}, ${contestant.name}: ${own.full.cpuSeconds.toFixed(2)} s of CPU, ` +
          `${own.empty.cpuSeconds.toFixed(2)} of them for the start`,
      )
    }
  }
  return measured
}

function machine(): string {
  const { version } = createRequire(import.meta.url)('kafkajs/package.json') as { version: string }
  const cores = cpus()
  return `${cores[0]!.model}, ${cores.length} cores, Node ${process.versions.node}, Kafka ${KAFKA_VERSION}, kafkajs ${version}`
}

function textOf({ machine, load, events, shape, compression, contestants, goals }: Result): string {
  return [
    `${events.toLocaleString('en')} events of shape ${shape}, compression ${compression}`,
    `${machine}; load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`,
    '',
    reportText(contestants, goals),
  ].join('\n')
}

const flags = programFlags(HELP, {
  events: { type: 'string', default: '1000000' },
  rounds: { type: 'string', default: '3' },
  shape: { type: 'string', default: 'user-events' },
  compression: { type: 'string', default: 'none' },
  json: { type: 'boolean', default: false },
})
// What was started is ended on exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const filling = {
  events: wholeNumber('events', flags.events),
  shape: oneOf('shape', SHAPES, flags.shape),
  codec: oneOf('compression', CODECS, flags.compression),
}
const result = await measure(filling, wholeNumber('rounds', flags.rounds))
process.stdout.write(flags.json ? `${JSON.stringify(result, undefined, 2)}\n` : `${textOf(result)}\n`)
