import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { freePort } from '../kafka/free-port.ts'
import { OwnProcess } from './own-process.ts'

const RULES = fileURLToPath(new URL('../../prometheus/short/*.yml', import.meta.url))

/** An exporter captures its numbers once a second: asked that often, it would show every other time what it did before. */
const SCRAPE_INTERVAL = '1100ms'

/** Half of all series, and of no alert. With them two cores would not get through all rules of thirteen topics in a second. */
const ONLY_FOR_DASHBOARDS = {
  source_labels: ['__name__'],
  regex:
    'clickstream_((page_views|clicks|page_engagement_seconds|session_entries|session_exits|funnel_sessions|revenue)_total|session_(duration_seconds|page_views)_.*)',
  action: 'drop',
}

/** The alerts at one evaluation of the rules. */
export interface Evaluation {
  /** When the least recent of the alerts was evaluated, epoch milliseconds. */
  readonly atMs: number
  /** Those that wait for their time or fire, by their labels. */
  readonly active: readonly Readonly<Record<string, string>>[]
}

export interface Prometheus {
  readonly url: string
  readonly process: OwnProcess
  evaluation(): Promise<Evaluation>
}

/** Starts Prometheus with the rules of short windows. `targets` are host and port of every exporter. */
export async function startPrometheus(
  folder: string,
  { targets, alertmanager }: { targets: readonly string[]; alertmanager: string },
): Promise<Prometheus> {
  const own = join(folder, 'prometheus')
  mkdirSync(own)
  const config = join(own, 'prometheus.yml')
  writeFileSync(
    config,
    stringify({
      global: { scrape_interval: SCRAPE_INTERVAL, scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [RULES],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
      scrape_configs: [
        { job_name: 'clickstream', static_configs: [{ targets }], metric_relabel_configs: [ONLY_FOR_DASHBOARDS] },
      ],
    }),
  )
  const address = `127.0.0.1:${await freePort()}`
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(own, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=warn',
  ]
  const process = new OwnProcess('Prometheus', 'prometheus', flags, join(folder, 'prometheus.log'))
  const url = `http://${address}`
  await process.until(async () => (await fetch(`${url}/-/ready`)).ok, 'to be ready')
  return {
    url,
    process,
    async evaluation() {
      const answer = await fetch(`${url}/api/v1/rules?type=alert`)
      const { data } = (await answer.json()) as {
        data: { groups: { lastEvaluation: string; rules: { alerts: { labels: Record<string, string> }[] }[] }[] }
      }
      return {
        atMs: Math.min(...data.groups.map(({ lastEvaluation }) => Date.parse(lastEvaluation))),
        active: data.groups.flatMap(({ rules }) => rules.flatMap(({ alerts }) => alerts.map(({ labels }) => labels))),
      }
    },
  }
}
