import { REJECT_REASONS } from '../../consumer/contract/outcome.ts'
import { Counter, Gauge, Histogram, PREFIX, type Registry } from '../../consumer/expose/registry.ts'
import type { RecordFault } from './collected-record.ts'
import { REFUSAL_REASONS } from './refusal-reasons.ts'

/** What becomes of the records of a request that is understood. `failed`: the log did not confirm them. */
export const RECORD_OUTCOMES = ['accepted', 'duplicate', 'rejected', 'failed'] as const
export type RecordOutcome = (typeof RECORD_OUTCOMES)[number]

/** Every status an answer can have. */
export const STATUSES = [200, 204, 400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 431, 500, 503] as const

/** What is asked for at scrape time. */
export interface CollectorReadings {
  readonly pendingBytes: () => number
  readonly pendingBytesLimit: number
  /** Why nothing gets into the log; undefined while nothing is known to be wrong. */
  readonly trouble: () => string | undefined
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What comes in over HTTP and what becomes of it: this process's own numbers, which begin again with it. */
export class CollectorMetrics {
  readonly #requests: Counter
  readonly #records: Counter
  readonly #rejected: Counter
  readonly #refused: Counter
  readonly #receivedBytes: Counter
  readonly #requestDuration: Histogram
  readonly #appendDuration: Histogram

  constructor(registry: Registry, { pendingBytes, pendingBytesLimit, trouble }: CollectorReadings) {
    const registers = [registry]
    const named = (name: string, help: string) => ({ name: `${PREFIX}collector_${name}`, help, registers })
    this.#requests = new Counter({
      ...named(
        'requests_total',
        'Answers by HTTP status, whatever was asked for; only scrapes and probes are left out.',
      ),
      labelNames: ['status'],
    })
    this.#records = new Counter({
      ...named(
        'records_total',
        'Records received by what became of them. A duplicate was in the log already and is answered as accepted; failed ones were not confirmed by the log and may be in it.',
      ),
      labelNames: ['outcome'],
    })
    this.#rejected = new Counter({
      ...named('records_rejected_total', 'Records that are no valid event and are not in the log, by reason.'),
      labelNames: ['reason'],
    })
    this.#refused = new Counter({
      ...named('requests_refused_total', 'Requests that were refused as a whole, by reason.'),
      labelNames: ['reason'],
    })
    this.#receivedBytes = new Counter(
      named('received_bytes_total', 'Bytes of the bodies that were read to their end, unpacked.'),
    )
    this.#requestDuration = new Histogram({
      ...named('request_duration_seconds', 'Time from the head of a POST /events to the end of its answer.'),
      buckets: BUCKETS,
    })
    this.#appendDuration = new Histogram({
      ...named('append_duration_seconds', 'Time the log took to make a group of requests durable, failures included.'),
      buckets: BUCKETS,
    })
    for (const status of STATUSES) this.#requests.inc({ status }, 0)
    for (const outcome of RECORD_OUTCOMES) this.#records.inc({ outcome }, 0)
    for (const reason of REJECT_REASONS) this.#rejected.inc({ reason }, 0)
    for (const reason of REFUSAL_REASONS) this.#refused.inc({ reason }, 0)

    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        ...named(name, help),
        collect() {
          this.set(value())
        },
      })
    gauge('pending_bytes', 'What requests hold that are being received or wait for the log.', pendingBytes)
    gauge('pending_bytes_limit', 'How much they may hold: requests beyond it are refused.', () => pendingBytesLimit)
    gauge('log_available', '0 while the log is known not to take records, else 1.', () =>
      trouble() === undefined ? 1 : 0,
    )
  }

  answered(status: number): void {
    this.#requests.inc({ status })
  }

  refused(reason: string): void {
    this.#refused.inc({ reason })
  }

  received(bytes: number): void {
    this.#receivedBytes.inc(bytes)
  }

  rejected(faults: readonly RecordFault[]): void {
    this.#records.inc({ outcome: 'rejected' }, faults.length)
    for (const { reason } of faults) this.#rejected.inc({ reason })
  }

  became(outcome: Exclude<RecordOutcome, 'rejected'>, records: number): void {
    this.#records.inc({ outcome }, records)
  }

  requestTook(seconds: number): void {
    this.#requestDuration.observe(seconds)
  }

  appendTook(seconds: number): void {
    this.#appendDuration.observe(seconds)
  }
}
