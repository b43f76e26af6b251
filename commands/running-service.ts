import type { Exporter } from '../consumer/exporter.ts'
import { liveSummary } from '../consumer/expose/console-summary.ts'
import { type OpenLog, openLog } from '../consumer/logging.ts'
import type { Settings } from '../consumer/settings/settings.ts'
import { steadyClock } from '../consumer/steady-clock.ts'

/** The clocks of a process: epoch milliseconds, and milliseconds that never go back. */
export const now = (): number => Date.now()
export const steadyNow = steadyClock(now, () => performance.now())

/** A line on standard output. Whoever watched may close the pipe: that ends what is printed, not the service. */
export const print = (line: string): boolean => process.stdout.write(`${line}\n`)
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

type LogSettings = Settings<'logFile' | 'logLevel' | 'logRotateBytes' | 'logKeep'>

/** The log of a service, with warnings on standard error. */
export function openServiceLog({ logFile, logLevel, logRotateBytes, logKeep }: LogSettings): OpenLog {
  return openLog({
    file: logFile,
    level: logLevel,
    rotateBytes: logRotateBytes,
    keep: logKeep,
    console: (line) => process.stderr.write(`${line}\n`),
  })
}

/** Prints what is shown now and then; undefined never does. Returns what ends it. */
export function printSummaries(exporter: Exporter, everyMs: number | undefined): () => void {
  if (everyMs === undefined) return () => {}
  const timer = setInterval(async () => {
    print(liveSummary(await exporter.shown(), new Date(now()).toISOString().slice(11, 19)))
  }, everyMs)
  return () => clearInterval(timer)
}
