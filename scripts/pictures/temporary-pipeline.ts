import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Program, startProgram } from './program.ts'

const START = fileURLToPath(new URL('../../commands/start.ts', import.meta.url))
const RULES = fileURLToPath(new URL('../../prometheus/short/*.yml', import.meta.url))

const EXPORTER_URL = /metrics\s+http:\/\/(\S+)\/metrics/
const PROMETHEUS_ADDRESS = /msg="Listening on".* address=(\S+)/

/** What the synthetic visitors do, as flags of `npm start`. */
export type Traffic = Readonly<Record<string, string | number>>

/**
 * Starts the exporter on synthetic traffic and a Prometheus that scrapes it by the rules in which minutes are seconds,
 * both on free ports with all they write in a temporary folder. Does the work with the URL of Prometheus, then stops
 * both and removes the folder, whatever became of the work. The work's own signal also comes when one of them ends.
 */
export async function withTemporaryPipeline(
  traffic: Traffic,
  signal: AbortSignal,
  work: (prometheusUrl: string, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-pictures-'))
  const programs: Program[] = []
  const failing = new AbortController()
  const announced = (command: string, flags: readonly string[], pattern: RegExp): Promise<string> => {
    const program = startProgram(command, flags, pattern)
    programs.push(program)
    void program.ended.then((how) => failing.abort(new Error(how)))
    return unlessAborted(program.announced, signal)
  }
  try {
    const flags = Object.entries(traffic).flatMap(([name, value]) => [`--${name}`, String(value)])
    const own = ['--port', '0', '--log-file', 'none', '--data', join(folder, 'data')]
    const target = await announced(process.execPath, [START, ...own, ...flags], EXPORTER_URL)
    const config = join(folder, 'prometheus.yml')
    writeFileSync(config, configuration(target))
    const itsOwn = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`]
    const address = await announced('prometheus', [...itsOwn, '--web.listen-address=127.0.0.1:0'], PROMETHEUS_ADDRESS)
    await work(`http://${address}`, AbortSignal.any([signal, failing.signal]))
  } finally {
    await Promise.all(programs.map((program) => program.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The instance has a name of its own: a port that is another every time would be in the pictures. */
const configuration = (target: string): string => `global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
rule_files: ['${RULES}']
scrape_configs:
  - job_name: clickstream
    static_configs:
      - targets: ['${target}']
        labels: { instance: exporter }
`

const unlessAborted = (announced: Promise<string>, signal: AbortSignal): Promise<string> =>
  Promise.race([
    announced,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
  ])
