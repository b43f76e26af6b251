import { DEFAULT_FUNNELS } from '../../consumer/settings/funnels.ts'
import { aReferenceRun } from '../core-run.ts'

/** What holds in every run: short enough that sessions close, members are given up and snapshots are replayed often. */
export const PARTITIONS = 4
export const SESSION_TIMEOUT_MS = 6_000
const SESSION_GAP_S = 10
const ALLOWED_LATENESS_S = 3
const REBALANCE_TIMEOUT_S = 10
/** So rarely, and so little at a time, that a restore takes long enough to be seen on the way. */
const SNAPSHOT_INTERVAL_S = 5
const FETCH_BYTES = '1KiB'
const FETCH_WAIT_MS = 20

/** How long a process may show a partition that another has taken over, as the design allows it. */
export const STALE_AFTER_MS = Math.min(SESSION_TIMEOUT_MS, REBALANCE_TIMEOUT_S * 1_000)

/** The rules of counting as the oracle takes them. */
export const RULES = aReferenceRun({
  gapMs: SESSION_GAP_S * 1_000,
  allowedLatenessMs: ALLOWED_LATENESS_S * 1_000,
  funnels: DEFAULT_FUNNELS.map(({ name, steps }) => ({ name, steps: steps.map((step) => ({ ...step })) })),
})

/** The same as a consumer takes them, with the ways of its group. No idle advance: the log alone says what counts. */
export const CONSUMER_FLAGS: readonly string[] = [
  `--session-gap=${SESSION_GAP_S}s`,
  `--allowed-lateness=${ALLOWED_LATENESS_S}s`,
  `--snapshot-interval=${SNAPSHOT_INTERVAL_S}s`,
  `--kafka-fetch-bytes=${FETCH_BYTES}`,
  `--kafka-fetch-wait=${FETCH_WAIT_MS}ms`,
  `--kafka-session-timeout=${SESSION_TIMEOUT_MS / 1_000}s`,
  `--kafka-rebalance-timeout=${REBALANCE_TIMEOUT_S}s`,
  '--idle-advance=off',
  '--classic-metrics=off',
  '--summary-interval=none',
  '--port=0',
]
