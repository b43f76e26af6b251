import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../kafka/native-broker.ts'
import { programFlags, wholeNumber } from '../program-flags.ts'
import { RULES, STALE_AFTER_MS } from './conditions.ts'
import { reportText } from './report.ts'
import { run } from './run.ts'
import { actionText, drawSchedule, PACE_MS, seconds } from './schedule.ts'
import { isPassed, judgeEvidence } from './verdict.ts'

const HELP = `Usage: npm run torture -- [--seed N] [--actions N | --minutes N]

Two or three consumers follow a topic of a Kafka of their own under a disorderly load. They are killed, stopped,
stalled and joined by others, and the broker is killed twice, while every page of metrics is kept. Then each page is
compared with the log at the position it shows. The last line is the figure, the exit code the verdict.

Options:
  --seed N     draw that schedule and that load again (default: others each time)
  --actions N  how many things happen, six seconds apart on average (default: 36)
  --minutes N  as many as fit into that time
  -h, --help   print this
`

const INTERRUPTED = 130

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function torture(seed: number, actions: number): Promise<boolean> {
  const schedule = drawSchedule({ seed, actions })
  say(`seed ${seed}, ${actions} actions in ${seconds(schedule.endMs)}, from ${schedule.first.join(', ')} on:`)
  for (const action of schedule.actions) say(actionText(action))
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-torture-'))
  process.once('exit', (code) => {
    if (code === 0 || code === INTERRUPTED) rmSync(folder, { recursive: true, force: true })
  })
  const broker = await startBroker()
  try {
    const evidence = await run({ broker, seed, schedule, folder, say })
    const verdict = judgeEvidence(evidence, RULES, STALE_AFTER_MS)
    const passed = isPassed(verdict)
    if (!passed) say(`what the consumers logged: ${folder}`)
    say(reportText(verdict, { seed, actions: schedule.actions, pages: evidence.pages }))
    return passed
  } finally {
    await broker.close()
  }
}

const flags = programFlags(HELP, {
  seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 999_999)) },
  actions: { type: 'string', default: '36' },
  minutes: { type: 'string' },
})
// What was started is ended on exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(INTERRUPTED))
const { minutes } = flags
const actions =
  minutes === undefined
    ? wholeNumber('actions', flags.actions)
    : Math.floor((wholeNumber('minutes', minutes) * 60_000) / PACE_MS)
process.exitCode = (await torture(wholeNumber('seed', flags.seed), actions)) ? 0 : 1
