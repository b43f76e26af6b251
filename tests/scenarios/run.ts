import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { NativeBroker } from '../kafka/native-broker.ts'
import { until } from '../running-start.ts'
import { startAlertmanager } from './alertmanager.ts'
import { AFTERMATH_MS, BEGIN_AFTER_MS, LAST_FOR_MS, TRAFFIC_MODEL } from './conditions.ts'
import type { AlertPattern } from './listed-alerts.ts'
import { startPrometheus } from './prometheus.ts'
import { openReceiver } from './receiver.ts'
import type { Outcome } from './report.ts'
import { startConsumer, startProducer } from './topic-processes.ts'
import { watchAlerts } from './watch.ts'

export interface RunWords {
  readonly broker: NativeBroker
  /** Takes all logs and configurations. */
  readonly folder: string
  readonly seed: number
  /** The scenarios, each with what its page lists. */
  readonly listed: ReadonlyMap<string, readonly AlertPattern[]>
  readonly say: (line: string) => void
}

const CONTROL = 'control'
/** The longest that alerts may take to resolve: windows of an hour are one minute, and notifications wait for another. */
const LONGEST_END_MS = 300_000

/** Lets all scenarios happen at once, each to a topic of its own, and one topic be; resolves when all is over. */
export async function run({ broker, folder, seed, listed, say }: RunWords): Promise<Outcome> {
  const { bootstrap } = broker
  const names = [CONTROL, ...listed.keys()]
  const model = join(folder, 'model.yaml')
  writeFileSync(model, stringify(TRAFFIC_MODEL))
  const consumers = names.map((name) => startConsumer({ bootstrap, folder, name }))
  const targets = await Promise.all(
    consumers.map(async (consumer) => {
      if ((await consumer.url) === undefined) throw new Error(await consumer.fault())
      await until(async () => (await consumer.isReady()) || undefined, `the ${consumer.name} to be ready`)
      return new URL((await consumer.url)!).host
    }),
  )
  say(`${consumers.length} consumers are ready`)
  const receiver = await openReceiver()
  const alertmanager = await startAlertmanager(folder, receiver.url)
  const prometheus = await startPrometheus(folder, { targets, alertmanager: alertmanager.address })
  const startedMs = Date.now()
  // Until it has found its targets it says that there is none, and five seconds are five minutes.
  await prometheus.process.until(async () => {
    const { atMs, active } = await prometheus.evaluation()
    return atMs > startedMs && active.length === 0 && (await alertmanager.firing()).length === 0
  }, 'to find the consumers')
  const producers = await Promise.all(
    names.map((name) =>
      startProducer({ bootstrap, folder, name, scenario: name === CONTROL ? undefined : name, seed, model }),
    ),
  )
  say(`Prometheus is at ${prometheus.url}; the scenarios begin in ${BEGIN_AFTER_MS / 1_000} s`)
  const trials = names.map((name, index) => {
    const fromMs = producers[index]!.startedMs + BEGIN_AFTER_MS
    return { name, expected: listed.get(name) ?? [], fromMs, toMs: fromMs + LAST_FOR_MS }
  })
  const processes = [prometheus.process, alertmanager.process, ...producers.map(({ process }) => process)]
  const endMs = Math.max(...trials.map(({ toMs }) => toMs))
  const course = await watchAlerts({
    prometheus,
    alertmanager,
    receiver,
    untilMs: endMs + AFTERMATH_MS,
    givenUpMs: endMs + LONGEST_END_MS,
    fault: () => processes.map(({ fault }) => fault).find((fault) => fault !== undefined),
    say,
  })
  await Promise.all(processes.map((process) => process.stop()))
  for (const consumer of consumers) consumer.stop()
  const faults = (await Promise.all(consumers.map((consumer) => consumer.fault()))).filter(
    (fault) => fault !== undefined,
  )
  if (faults.length > 0) throw new Error(faults.join('\n'))
  receiver.close()
  return { trials, ...course }
}
