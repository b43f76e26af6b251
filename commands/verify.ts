import { newPartitionState } from '../consumer/core/state.ts'
import { coreOptionsOf } from '../consumer/core-options.ts'
import { stateFamilies } from '../consumer/expose/state-families.ts'
import { RefusedSettings, type SettingsFault } from '../consumer/settings/fault.ts'
import { SETTINGS, type SettingName } from '../consumer/settings/settings.ts'
import { oracleOptionsOf } from '../producer/oracle-options.ts'
import { runCommand } from './command-line.ts'
import { verify } from './commands.ts'
import { now, steadyNow } from './running-service.ts'
import { interruptible } from './verify/interruptible.ts'
import { openVenue, type VerifySettings } from './verify/open-venue.ts'
import { type Progress, progressLine } from './verify/progress.ts'
import { metricsOf } from './verify/state-series.ts'
import { streamBatches } from './verify/stream.ts'
import { verdictJson, verdictTable } from './verify/table.ts'
import { isPassed, type Verdict } from './verify/verdict.ts'
import { verifyStream } from './verify/verify-stream.ts'

const FAILED = 1
const PATIENCE_MS = 60_000

await runCommand(verify, async ({ settings, given }) => {
  if (!given.has('brokers')) refuseKafkaOnly(given)
  const progress = progressLine(process.stderr, steadyNow)
  process.exitCode = await interruptible(async (signal) => {
    try {
      const verdict = await verdictOn(settings, given, progress, signal)
      process.stdout.write(settings.format === 'json' ? verdictJson(verdict) : verdictTable(verdict))
      return isPassed(verdict) ? 0 : FAILED
    } catch (error) {
      progress.clear()
      if (error instanceof RefusedSettings || signal.aborted) throw error
      process.stderr.write(`verify: ${error instanceof Error ? error.message : String(error)}\n`)
      return FAILED
    }
  })
})

async function verdictOn(
  settings: VerifySettings,
  given: ReadonlySet<SettingName>,
  progress: Progress,
  signal: AbortSignal,
): Promise<Verdict> {
  const oracle = oracleOptionsOf(settings, { appendTime: true })
  const options = coreOptionsOf(settings)
  const families = stateFamilies(newPartitionState(options).counters.cells)
  const batches = streamBatches(settings, now())
  const venue = await openVenue(settings, given, options, signal)
  try {
    return await verifyStream({
      venue,
      batches,
      events: settings.events!,
      seed: settings.seed,
      oracle,
      metrics: metricsOf(families),
      families: families.length,
      kill: settings.kill ? venue.kill : undefined,
      patienceMs: PATIENCE_MS,
      steadyNow,
      progress,
      signal,
    })
  } finally {
    progress.clear()
    await venue.close()
  }
}

/** @throws {RefusedSettings} when there is a consumer to be counted or killed, and no process to do it to */
function refuseKafkaOnly(given: ReadonlySet<SettingName>): void {
  const idle = (['consumers', 'kill'] as const).filter((name) => given.has(name))
  const faults = idle.map(
    (name): SettingsFault => ({
      setting: SETTINGS[name].flag,
      fix: `needs consumers with processes of their own, name a Kafka with --${SETTINGS.brokers.flag} or leave it out`,
    }),
  )
  if (faults.length > 0) throw new RefusedSettings(faults)
}
