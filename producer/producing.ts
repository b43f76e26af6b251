import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Destination } from './destination.ts'
import { startPacing } from './pace.ts'
import type { Production } from './production.ts'
import { Progress } from './progress.ts'
import { SinkRefused } from './sinks/sink.ts'

export interface ProducingOptions {
  readonly production: Production
  readonly destination: Destination
  /** After which nothing new is produced, milliseconds; undefined for never. */
  readonly durationMs: number | undefined
  readonly seed: number
  /** Milliseconds between the lines that tell how it gets on; undefined prints none. */
  readonly summaryIntervalMs: number | undefined
  readonly logger: Logger
  readonly print: (line: string) => void
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
}

export interface Producing {
  /** Records known to be written. */
  produced(): number
  /** Why nothing can be written at the moment; undefined while all is well. */
  trouble(): string | undefined
  /** Resolves when all is written that was to be, or nobody reads it any more. */
  readonly finished: Promise<void>
  /** Resolves with the reason when the rest will not be written. */
  readonly failed: Promise<Error>
  stop(): Promise<void>
}

/** Receivers that do not answer may not hold up the end: whoever stops a container kills it soon after. */
const LONGEST_STOP_MS = 5_000
/** How long what is left at the end of the duration is tried again. */
const LAST_TRIES_MS = 10_000

const count = new Intl.NumberFormat('en-US')

/**
 * Writes synthetic traffic until stopped or done. What fails is said and tried again, with the same events.
 * @throws {SinkRefused} when the destination cannot be opened
 */
export async function startProducing(options: ProducingOptions): Promise<Producing> {
  const { production, destination, durationMs, seed, summaryIntervalMs, logger, print, now, steadyNow } = options
  const { records, run, inWords } = production
  const sink = await destination.open()
  print(`producing ${inWords} to ${destination.inWords}
  seed ${seed}, run ${run}; the same seed and run give the same events. Ctrl-C stops.
`)
  const progress = new Progress({
    produced: () => pacing.produced(),
    steadyNow,
    onTrouble: (error) => logger.warn({ err: error }, 'producing failed; trying the same events again'),
    onRecovered: (failedAttempts) => logger.info({ failedAttempts }, 'producing again'),
  })
  const finished = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<Error>()
  const startedAtMs = steadyNow()
  let stopping = false
  let done = ''
  const pacing = startPacing({
    records,
    async append(due) {
      await sink.append(due)
      progress.succeeded()
    },
    onError: (error) => {
      if (!stopping) progress.failed(error)
    },
  })
  pacing.ended.then((why) => {
    if (why instanceof SinkRefused) return failed.resolve(why)
    if (why === undefined && !stopping) done = doneLine(pacing.produced(), steadyNow() - startedAtMs)
    finished.resolve()
  })
  const givingUp =
    durationMs === undefined
      ? undefined
      : setTimeout(() => {
          failed.resolve(
            new Error(
              `not all could be written within ${LAST_TRIES_MS / 1000} s of the end: ${progress.trouble ?? 'it takes longer'}`,
            ),
          )
        }, durationMs + LAST_TRIES_MS)
  const tell = (): void => print(`${new Date(now()).toISOString().slice(11, 19)}  ${progress.line()}`)
  const telling = summaryIntervalMs === undefined ? undefined : setInterval(tell, summaryIntervalMs)

  return {
    produced: () => pacing.produced(),
    trouble: () => progress.trouble,
    finished: finished.promise,
    failed: failed.promise,
    async stop() {
      stopping = true
      clearInterval(telling)
      clearTimeout(givingUp)
      const ended = pacing.stop()
      sink.stopWaiting()
      await Promise.race([ended.then(() => sink.close()), sleep(LONGEST_STOP_MS)])
      const { unconfirmed } = sink
      const { skipped } = records
      logger.info({ produced: pacing.produced(), unconfirmed, skipped }, 'stopped')
      const late = skipped > 0 ? `; ${skipped} were left out because the receiver was too slow` : ''
      const perhaps = unconfirmed > 0 ? `; ${unconfirmed} more were sent without an answer and may be there` : ''
      print(done || `stopped after ${pacing.produced()} events${late}${perhaps}`)
    },
  }
}

function doneLine(events: number, elapsedMs: number): string {
  const perSecond = Math.round((1000 * events) / Math.max(1, elapsedMs))
  return `done: ${count.format(events)} events in ${(elapsedMs / 1000).toFixed(1)} s, ${count.format(perSecond)} a second`
}
