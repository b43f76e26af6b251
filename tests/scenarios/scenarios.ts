import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SCENARIOS } from '../../consumer/settings/scenario-names.ts'
import { alertGroups } from '../../prometheus/src/files.ts'
import { SHORT } from '../../prometheus/src/windows.ts'
import { startBroker } from '../kafka/native-broker.ts'
import { programFlags, refused, wholeNumber } from '../program-flags.ts'
import { listedAlerts } from './listed-alerts.ts'
import { reportText } from './report.ts'
import { run } from './run.ts'

const HELP = `Usage: npm run scenarios -- [--only NAME,...] [--seed N]

Every scenario of the producer happens to a topic of its own, all at once, and one topic is left alone. Consumers follow
them, Prometheus has the rules of short windows, and Alertmanager tells a receiver in this process. Each topic must give
exactly the alerts that docs/scenarios.md lists, and they must resolve. The last line is the figure, the exit code the
verdict.

Options:
  --only NAME,...  only these scenarios, and the control
  --seed N         the same visitors again (default: others each time)
  -h, --help       print this
`

const INTERRUPTED = 130
const PAGE = new URL('../../docs/scenarios.md', import.meta.url)

const startedMs = performance.now()
const say = (line: string): void => {
  const seconds = Math.round((performance.now() - startedMs) / 1_000)
  process.stdout.write(`${`${seconds} s`.padStart(6)}  ${line}\n`)
}

async function scenarios(names: readonly string[], seed: number): Promise<boolean> {
  const known = new Set(alertGroups(SHORT).flatMap(({ rules }) => rules.map(({ alert }) => alert)))
  const listed = listedAlerts(readFileSync(PAGE, 'utf8'), names, known)
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-scenarios-'))
  process.once('exit', (code) => {
    if (code === 0 || code === INTERRUPTED) rmSync(folder, { recursive: true, force: true })
    else process.stdout.write(`logs and data: ${folder}\n`)
  })
  const broker = await startBroker()
  try {
    const { text, passed } = reportText(await run({ broker, folder, seed, listed, say }), seed)
    process.stdout.write(`\n${text}\n`)
    return passed
  } finally {
    await broker.close()
  }
}

function scenarioNames(text: string): string[] {
  const names = text.split(',')
  const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario === name))
  if (unknown !== undefined) {
    refused(`--only ${unknown}: there is no such scenario, write some of ${SCENARIOS.join(', ')}`)
  }
  return names
}

const flags = programFlags(HELP, {
  only: { type: 'string', default: SCENARIOS.join(',') },
  seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 999_999)) },
})
// Each of the many processes is ended on exit by a listener of its own.
process.setMaxListeners(0)
// What was started is ended on exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(INTERRUPTED))
process.exitCode = (await scenarios(scenarioNames(flags.only), wholeNumber('seed', flags.seed))) ? 0 : 1
