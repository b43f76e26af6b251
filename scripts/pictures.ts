import { setTimeout as sleep } from 'node:timers/promises'
import { interruptible } from '../commands/verify/interruptible.ts'
import { progressLine } from '../commands/verify/progress.ts'
import { type Arguments, HELP, readArguments } from './pictures/arguments.ts'
import { drawAll } from './pictures/draw-all.ts'
import { type Traffic, withTemporaryPipeline } from './pictures/temporary-pipeline.ts'

/** A quiet past to compare with, then the shown period with an outage in it that has set off its alert. */
const TRAFFIC: Traffic = {
  rate: 800,
  partitions: 2,
  expected: 'on',
  seed: 1,
  disorder: 'late=0.004,duplicate=0.008,bad_json=0.002,wrong_type=0.002',
  scenario: 'checkout-outage',
  at: '230s',
  for: '45s',
}
const RUN_SECONDS = 320
const SHOWN_SECONDS = 110
/** In the rules with short windows the five minutes of production are five seconds. */
const SHOWN_WINDOW = '10s'
const NOTE = 'synthetic traffic with a checkout outage, rules in which minutes are seconds'
const LOOK_EVERY_MS = 250

const say = (line: string): boolean => process.stderr.write(`${line}\n`)
const now = (): number => Math.floor(Date.now() / 1000)

const asked = readArguments(process.argv.slice(2))
if (asked.outcome === 'help') process.stdout.write(HELP)
else if (asked.outcome === 'refused') {
  for (const fault of asked.faults) say(`pictures: ${fault}`)
  say('All options: npm run pictures -- --help')
  process.exitCode = 2
} else {
  process.exitCode = await interruptible(async (signal) => {
    try {
      await drawAsked(asked.arguments, signal)
      return 0
    } catch (error) {
      if (signal.aborted) throw error
      say(`pictures: ${(error as Error).message}`)
      return 1
    }
  })
}

async function drawAsked({ prometheusUrl, ...wanted }: Arguments, signal: AbortSignal): Promise<void> {
  if (prometheusUrl !== undefined) return drawAll({ ...wanted, prometheusUrl, end: now(), note: undefined }, say)
  await withTemporaryPipeline(TRAFFIC, signal, async (url, running) => {
    say(`the exporter and Prometheus run at ${url}`)
    await untilSeconds(RUN_SECONDS, running)
    await drawAll(
      {
        prometheusUrl: url,
        out: wanted.out,
        end: now(),
        periodSeconds: SHOWN_SECONDS,
        window: SHOWN_WINDOW,
        note: NOTE,
      },
      say,
    )
  })
}

/** Nothing makes it shorter: alerts compare with a past that has to come first. */
async function untilSeconds(seconds: number, signal: AbortSignal): Promise<void> {
  const steadyNow = (): number => performance.now()
  const startedAt = steadyNow()
  const progress = progressLine(process.stderr, steadyNow)
  for (;;) {
    const passed = Math.floor((steadyNow() - startedAt) / 1000)
    if (passed >= seconds) return progress.clear()
    progress.show(`traffic for ${passed} of ${seconds} s`)
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}
