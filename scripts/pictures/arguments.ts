import { parseArgs } from 'node:util'
import { duration } from '../../consumer/settings/quantities.ts'

/** What the command line asks for. */
export interface Arguments {
  readonly prometheusUrl: string | undefined
  readonly out: string
  readonly periodSeconds: number | undefined
  readonly window: string | undefined
}

export type Asked =
  | { readonly outcome: 'draw'; readonly arguments: Arguments }
  | { readonly outcome: 'help' }
  | { readonly outcome: 'refused'; readonly faults: readonly string[] }

export const HELP = `Usage: npm run pictures -- [options]

Draws each dashboard's main panels but the collector's as an SVG picture, from
the queries in grafana/dashboards. Without --prometheus it starts the exporter on
synthetic traffic and a Prometheus (which must be installed) for more than five
minutes.

  --prometheus URL    Draw what this Prometheus holds, and start nothing.
  --out FOLDER        Where the pictures go. (default docs/pictures)
  --period DURATION   With --prometheus: how much of the past is shown. (default
                      as in each dashboard: 15m to 6h)
  --window DURATION   With --prometheus: what rates are taken over, four scrapes
                      at least. (default as in the dashboards: 5m)
  --help              Show this.
`

const OPTIONS = {
  prometheus: { type: 'string' },
  out: { type: 'string', default: 'docs/pictures' },
  period: { type: 'string' },
  window: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/** Reads `argv` without interpreter and script. All faults are told at once. */
export function readArguments(argv: readonly string[]): Asked {
  const parsed = parsedOrFault(argv)
  if (typeof parsed === 'string') return { outcome: 'refused', faults: [parsed] }
  const { help, out, prometheus, period, window } = parsed
  if (help) return { outcome: 'help' }
  const faults: string[] = []
  if (out === '') faults.push('--out: name a folder')
  if (prometheus !== undefined && !isWebAddress(prometheus))
    faults.push(`--prometheus ${prometheus}: write an address such as http://127.0.0.1:9090`)
  const lengths = { period, window }
  for (const [name, text] of Object.entries(lengths)) {
    if (text === undefined) continue
    if (prometheus === undefined) faults.push(`--${name}: goes with --prometheus, leave it out or add that`)
    const reading = LENGTH.parse(text)
    if (!reading.ok) faults.push(`--${name} ${text}: ${reading.fix}`)
  }
  if (faults.length > 0) return { outcome: 'refused', faults }
  return { outcome: 'draw', arguments: { prometheusUrl: prometheus, out, periodSeconds: secondsOf(period), window } }
}

const LENGTH = duration({ atLeast: '2s' })

function secondsOf(text: string | undefined): number | undefined {
  const reading = text === undefined ? undefined : LENGTH.parse(text)
  return reading?.ok ? Math.round(reading.value / 1000) : undefined
}

function parsedOrFault(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: false }).values
  } catch (error) {
    return (error as Error).message
  }
}

const isWebAddress = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '')
