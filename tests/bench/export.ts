import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programFlags } from '../program-flags.ts'
import { fillLog } from './export-log.ts'
import { startChild } from './kafka/child.ts'

const HELP = `Usage: npm run bench:export -- [--json]

How fast GET /export sends an embedded log of 100,000 and of 1,000,000 events, as it is and gzipped, and how much memory
the process that serves it takes at its peak. Fails when ten times the events take 64 MiB more. Linux only; takes about
half a minute and 500 MB of temporary files.

Options:
  --json      print the figures as one JSON object
  -h, --help  print this
`

const SERVER = fileURLToPath(new URL('./export-server.ts', import.meta.url))
/** As the exporter is run: without it the young generation takes what it can get, a hundred mebibytes and more. */
const NODE_FLAGS = ['--max-semi-space-size=16']
const SIZES = [100_000, 1_000_000]
const ENCODINGS = ['identity', 'gzip'] as const
const MOST_GROWTH_BYTES = 64 * 2 ** 20

interface Figures {
  readonly events: number
  readonly encoding: (typeof ENCODINGS)[number]
  readonly recordBytes: number
  /** As they came over the connection. */
  readonly sentBytes: number
  readonly seconds: number
  readonly eventsPerSecond: number
  /** Of the process that serves, before it was asked and at its peak. */
  readonly restingBytes: number
  readonly peakBytes: number
}

/** The most memory a running process held at one time, bytes. */
function peakOf(pid: number): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kibibytes) * 1024
}

/** Takes everything and keeps nothing: bytes that came. @throws when it is not sent to the end */
const take = (url: string, encoding: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const asking = request(url, { headers: { 'Accept-Encoding': encoding } }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => resolve(bytes))
      response.on('error', reject)
    })
    asking.on('error', reject).end()
  })

async function measure(folder: string, events: number, recordBytes: number): Promise<Figures[]> {
  const figures: Figures[] = []
  for (const encoding of ENCODINGS) {
    const child = startChild(SERVER, [folder], NODE_FLAGS)
    try {
      const [url] = await child.line(/^http:.*/)
      const restingBytes = peakOf(child.pid)
      const beganAt = performance.now()
      const sentBytes = await take(`${url}/export?format=ndjson`, encoding)
      const seconds = (performance.now() - beganAt) / 1000
      const peakBytes = peakOf(child.pid)
      const eventsPerSecond = events / seconds
      figures.push({ events, encoding, recordBytes, sentBytes, seconds, eventsPerSecond, restingBytes, peakBytes })
    } finally {
      await child.kill()
    }
  }
  return figures
}

async function measureAll(): Promise<Figures[]> {
  const figures: Figures[] = []
  for (const events of SIZES) {
    const folder = mkdtempSync(join(tmpdir(), 'bench-export-'))
    try {
      figures.push(...(await measure(folder, events, await fillLog(folder, events))))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return figures
}

/** By encoding, how much more memory the larger log took. */
const growthOf = (figures: readonly Figures[]): readonly number[] =>
  ENCODINGS.map((encoding) => {
    const [small, large] = figures.filter((each) => each.encoding === encoding)
    return large!.peakBytes - small!.peakBytes
  })

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`

function table(figures: readonly Figures[]): string {
  const row = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(13)).join('')
  return [
    row(['events', 'encoding', 'records', 'sent', 'events/s', 'resting', 'peak']),
    ...figures.map(({ events, encoding, recordBytes, sentBytes, eventsPerSecond, restingBytes, peakBytes }) =>
      row([
        String(events),
        encoding,
        mebibytes(recordBytes),
        mebibytes(sentBytes),
        `${Math.round(eventsPerSecond / 1000)},000`,
        mebibytes(restingBytes),
        mebibytes(peakBytes),
      ]),
    ),
  ].join('\n')
}

const flags = programFlags(HELP, { json: { type: 'boolean', default: false } })
const figures = await measureAll()
process.stdout.write(flags.json ? `${JSON.stringify(figures, undefined, 2)}\n` : `${table(figures)}\n`)
const growth = growthOf(figures)
if (growth.some((bytes) => bytes > MOST_GROWTH_BYTES)) {
  process.stderr.write(`ten times the events take ${growth.map(mebibytes).join(' and ')} more, not at most 64 MiB\n`)
  process.exitCode = 1
}
