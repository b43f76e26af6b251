import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { alertmanagerConfig } from '../../prometheus/src/alertmanager.ts'
import { alertGroups } from '../../prometheus/src/files.ts'
import { PRODUCTION } from '../../prometheus/src/windows.ts'
import { freePort } from '../kafka/free-port.ts'
import { mustRun } from '../required-program.ts'
import { until } from '../running-start.ts'

type Labels = Record<string, string>

/** Every alert as its rule sends it, of one topic. */
const ALERTS: readonly Labels[] = alertGroups(PRODUCTION).flatMap(({ rules }) =>
  rules.map(({ alert, labels }) => ({ alertname: alert, ...labels, group: 'shop', topic: 'user-events' })),
)
const BEHAVIOUR = ALERTS.filter(({ kind }) => kind === 'behaviour')
const alerts = (wanted: Labels): Labels[] =>
  ALERTS.filter((labels) => Object.entries(wanted).every(([label, value]) => labels[label] === value))

/** Two that nothing but a cause in the pipeline silences. */
const LOST_SALES = [
  ...alerts({ alertname: 'PaymentSlow' }),
  ...alerts({ alertname: 'CheckoutConversionBurn', long: '15m' }),
]

/** Of a topic of its own and sent last: once it is silenced, the cause before it has been taken in. */
const LAST = [alerts({ alertname: 'PaymentSlow' })[0]!, alerts({ alertname: 'LagHigh' })[0]!].map((labels) => ({
  ...labels,
  topic: 'last',
}))

// Debian calls the program so, and has amtool in the same package.
const PROGRAM = 'prometheus-alertmanager'

test.for<[what: string, cause: Labels, others: readonly Labels[], silenced: readonly Labels[]]>([
  [
    'an exporter that is down silences what visitors seem to do',
    alerts({ alertname: 'ExporterDown', what: 'partitions' })[0]!,
    [...BEHAVIOUR, ...alerts({ alertname: 'NoEvents' }), ...alerts({ alertname: 'BadData' })],
    [...BEHAVIOUR, ...alerts({ alertname: 'NoEvents' })],
  ],
  [
    'a target of several that is down silences nothing',
    alerts({ alertname: 'ExporterDown', what: 'target' })[0]!,
    LOST_SALES,
    [],
  ],
  ['a lag silences what visitors seem to do', alerts({ alertname: 'LagHigh' })[0]!, BEHAVIOUR, BEHAVIOUR],
  [
    'a lag of another topic silences nothing',
    { ...alerts({ alertname: 'LagHigh' })[0]!, topic: 'app-events' },
    LOST_SALES,
    [],
  ],
  [
    'a snapshot that is late silences nothing',
    alerts({ alertname: 'CommitOrSnapshotFailing', what: 'snapshot' })[0]!,
    LOST_SALES,
    [],
  ],
  [
    'bots silence the spike that they are',
    alerts({ alertname: 'BotStorm' })[0]!,
    [...alerts({ alertname: 'TrafficAnomaly' }), ...LOST_SALES],
    alerts({ alertname: 'TrafficAnomaly', direction: 'spike' }),
  ],
  [
    'a page silences the warning of the same name',
    alerts({ alertname: 'CheckoutConversionBurn', severity: 'page' })[0]!,
    alerts({ alertname: 'CheckoutConversionBurn' }).slice(1),
    alerts({ alertname: 'CheckoutConversionBurn', severity: 'warning' }),
  ],
])('%s', async ([, cause, others, silenced], { skip }) => {
  if (!mustRun(PROGRAM)) return skip(`${PROGRAM} is not installed`)
  const url = await startAlertmanager()
  const body = JSON.stringify([cause, ...others, ...LAST].map((labels) => ({ labels })))
  const headers = { 'content-type': 'application/json' }
  expect((await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })).status).toBe(200)
  const suppressed = await until(async () => {
    const all = (await (await fetch(`${url}/api/v2/alerts`)).json()) as { labels: Labels; status: { state: string } }[]
    const quiet = all.filter(({ status }) => status.state === 'suppressed').map(({ labels }) => labels)
    return quiet.some(({ topic }) => topic === 'last') ? quiet : undefined
  }, 'the last one to be silenced')
  expect(sorted(suppressed.filter(({ topic }) => topic !== 'last'))).toEqual(sorted(silenced))
})

const sorted = (labels: readonly Labels[]): string[] =>
  labels.map((one) => JSON.stringify(Object.entries(one).toSorted())).toSorted()

/** Starts Alertmanager with the generated configuration on a free port; gives its URL once it is ready. */
async function startAlertmanager(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-alertmanager-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(config, alertmanagerConfig())
  const address = `127.0.0.1:${await freePort()}`
  const flags = [`--config.file=${config}`, `--storage.path=${folder}`, `--web.listen-address=${address}`]
  const child = spawn(PROGRAM, [...flags, '--cluster.listen-address='], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await until(
    async () => ((await fetch(`http://${address}/-/ready`)).ok ? true : undefined),
    'Alertmanager to be ready',
  )
  return `http://${address}`
}
