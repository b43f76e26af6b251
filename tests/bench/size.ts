import type { CoreOptions } from '../../consumer/core/options.ts'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import { captureState, decodeState, encodeState } from '../../consumer/core/snapshot-codec.ts'
import { Traffic } from './traffic.ts'

const SESSIONS = 1_000_000
/** Two million events in twenty minutes: every session holds two on average, and half of the ids are remembered. */
const EVENTS = 2 * SESSIONS
const INTERVAL_MS = 0.6
const BLOCK = 20_000

export interface SizeFigures {
  readonly openSessions: number
  readonly rememberedIds: number
  readonly bytesPerSession: number
  readonly bytesPerId: number
  readonly snapshot: {
    readonly bytes: number
    readonly bytesPerSession: number
    readonly captureSeconds: number
    readonly encodeSeconds: number
    readonly decodeSeconds: number
  }
}

/** Fills a partition with a million open sessions and ids, then saves and restores it. */
export function measureSize(options: CoreOptions): SizeFigures {
  const pipeline = new Pipeline(options)
  const traffic = new Traffic({ shape: 'user-events', users: SESSIONS, intervalMs: INTERVAL_MS, everyUserFirst: true })
  for (let sent = 0; sent < EVENTS; sent += BLOCK) {
    const { bytes, starts, logTimesMs, records } = traffic.next(BLOCK)
    for (let i = 0; i < records; i++) pipeline.process(bytes, starts[i]!, starts[i + 1]!, logTimesMs[i]!, true)
  }
  const { clock, seen, sessions } = pipeline.state
  const rememberedIds = seen.remembered(clock.watermarkMs)

  const [capture, captureSeconds] = timed(() => captureState(pipeline.state, options, EVENTS))
  const [chunks, encodeSeconds] = timed(() => [...encodeState(capture)])
  const [restored, decodeSeconds] = timed(() => {
    const decoding = decodeState(chunks)
    let step = decoding.next()
    while (!step.done) step = decoding.next()
    return step.value
  })
  if (restored.state.sessions.open !== sessions.open) throw new RangeError('the restored state has other sessions')
  const withoutSessions = total([...encodeState({ ...capture, rows: new Int32Array(0) })])
  return {
    openSessions: sessions.open,
    rememberedIds,
    bytesPerSession: sessions.bytes / sessions.open,
    bytesPerId: seen.bytes / rememberedIds,
    snapshot: {
      bytes: total(chunks),
      bytesPerSession: (total(chunks) - withoutSessions) / sessions.open,
      captureSeconds,
      encodeSeconds,
      decodeSeconds,
    },
  }
}

const total = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0)

function timed<T>(work: () => T): [T, number] {
  const start = process.hrtime.bigint()
  const result = work()
  return [result, Number(process.hrtime.bigint() - start) / 1e9]
}
