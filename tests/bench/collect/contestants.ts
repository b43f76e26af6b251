import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { uniqueName } from '../../kafka/kafka-client.ts'
import { until } from '../../running-start.ts'
import { type Child, startChild } from '../kafka/child.ts'
import { cpuSecondsOf } from '../kafka/cpu-time.ts'
import { BATCH, send } from './load.ts'
import { onCore } from './on-core.ts'

export const CONNECTIONS = 16
/** Of the requests, sent before anything is measured: by then the code is compiled. */
const WARMING_SHARE = 0.2

export interface Contestant {
  readonly name: string
  readonly what: string
  /** Starts it on a port of its own, ready to take events. */
  readonly start: () => Promise<{ readonly child: Child; readonly url: string; readonly tidy?: () => void }>
}

/** What one run of a contestant measured. Latencies in milliseconds. */
export interface Run {
  readonly eventsPerSecond: number
  readonly cpuSecondsPerMillion: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly peakRssMb: number
}

const program = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

export const FLOOR: Contestant = {
  name: 'floor',
  what: 'node:http, JSON.parse of the body and nothing else',
  async start() {
    const child = startChild(program('tests/bench/collect/floor-server.ts'), [])
    const [, url] = await child.line(/(http:\S+)$/)
    return { child, url: url! }
  },
}

const embedded = (name: string, what: string, own: readonly string[]): Contestant => ({
  name,
  what,
  async start() {
    const folder = mkdtempSync(join(tmpdir(), 'clickstream-bench-'))
    const flags = ['--rate', '0', '--port', '0', '--log-file', 'none', '--data', folder, ...own]
    const child = startChild(program('commands/start.ts'), flags)
    const [, url] = await child.line(/^\s*metrics\s+(http:\S+)\/metrics$/)
    return { child, url: url!, tidy: () => rmSync(folder, { recursive: true }) }
  },
})

export const EMBEDDED = embedded(
  'embedded log',
  'npm start --expected off: collector, embedded log and exporter, which counts the events, in one process',
  ['--expected', 'off'],
)
export const EXPECTING = embedded('the same, on', 'npm start as it comes: works out the expected totals besides', [])

export const kafka = (bootstrap: string): Contestant => ({
  name: 'Kafka',
  what: 'npm run collector: into a topic of 4 partitions, acks of all, idempotent',
  async start() {
    const flags = ['--brokers', bootstrap, '--topic', uniqueName('bench'), '--port', '0', '--log-file', 'none']
    const child = startChild(program('producer/collect/main.ts'), flags)
    const [url] = await child.line(/http:\/\/127\.0\.0\.1:\d+/)
    await until(async () => ((await fetch(`${url}/-/ready`)).ok ? true : undefined), 'the collector to be ready')
    return { child, url: url! }
  },
})

/** Sends it everything. Its process has a core of its own, where there are two. */
export async function measured({ start }: Contestant, requests: readonly Buffer[]): Promise<Run> {
  const { child, url, tidy } = await start()
  try {
    onCore(1, child.pid)
    const port = Number(new URL(url).port)
    const warming = Math.ceil(requests.length * WARMING_SHARE)
    await send(requests.slice(0, warming), port, CONNECTIONS)
    const cpuBefore = cpuSecondsOf(child.pid)
    const startMs = performance.now()
    const latenciesMs = await send(requests.slice(warming), port, CONNECTIONS)
    const seconds = (performance.now() - startMs) / 1000
    const events = (requests.length - warming) * BATCH
    latenciesMs.sort((a, b) => a - b)
    const quantile = (share: number): number => latenciesMs[Math.floor((latenciesMs.length - 1) * share)]!
    return {
      eventsPerSecond: events / seconds,
      cpuSecondsPerMillion: (cpuSecondsOf(child.pid) - cpuBefore) / (events / 1e6),
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
      peakRssMb: peakRssMb(child.pid),
    }
  } finally {
    await child.kill()
    tidy?.()
  }
}

function peakRssMb(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) / 1024
}
