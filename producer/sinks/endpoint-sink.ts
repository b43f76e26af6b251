import type { NewRecord } from '../../consumer/contract/log-port.ts'
import type { Secret } from '../../consumer/settings/secret.ts'
import { jsonTextOf } from './json-text.ts'
import { Rejections, rejectedIn } from './rejections.ts'
import { retryAfterMs } from './retry-after.ts'
import { type Sink, SinkRefused, TryLater } from './sink.ts'

export interface EndpointSinkOptions {
  /** `http:` or `https:` */
  readonly url: string
  /** Sent as X-API-Key. */
  readonly apiKey: Secret | undefined
  /** Records in one request, unless the receiver finds that too much. At least 1. */
  readonly mostRecords?: number
  /** Epoch milliseconds: a receiver may name a time to try again. */
  readonly now: () => number
}

const REQUEST_TIMEOUT_MS = 30_000
/** Of what a receiver answers, so much is shown. */
const SHOWN_CHARACTERS = 300

/** Said of a process that was frozen while it sent, too: no reason to give up. */
const TOO_SLOW = 408
const TOO_LARGE = 413
const REJECTED = 422
const TRY_LATER = new Set([429, 503])

/**
 * Sends records to an HTTP endpoint: POST of `{"records":[...]}`, each value as it is. A collector names the records that
 * are no events in its answer: these are counted and not tried again, for the same bytes would be rejected again.
 */
export class EndpointSink implements Sink {
  readonly rejections = new Rejections()
  readonly #options: EndpointSinkOptions
  readonly #stopping = new AbortController()
  #most: number
  /** The records of the append under way, and how many of them, from the first on, are accepted. */
  #given: readonly NewRecord[] = []
  #accepted = 0
  #unconfirmed = 0

  constructor(options: EndpointSinkOptions) {
    this.#options = options
    this.#most = options.mostRecords ?? 500
  }

  get unconfirmed(): number {
    return this.#unconfirmed
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    if (this.#given !== records) {
      this.#given = records
      this.#accepted = 0
    }
    while (this.#accepted < records.length) {
      this.#stopping.signal.throwIfAborted()
      const batch = records.slice(this.#accepted, this.#accepted + this.#most)
      if (await this.#send(batch)) this.#accepted += batch.length
    }
    this.#given = []
  }

  stopWaiting(): void {
    this.#stopping.abort(new Error('the producer is stopping'))
  }

  async close(): Promise<void> {}

  /** False when it is to be sent in smaller parts. */
  async #send(batch: readonly NewRecord[]): Promise<boolean> {
    const { url, now } = this.#options
    this.#unconfirmed = batch.length
    const response = await this.#post(batch)
    // Read to its end in any case, so that the connection can be used again.
    const text = await response.text()
    this.#unconfirmed = 0
    const { status } = response
    const rejected = response.ok || status === REJECTED ? rejectedIn(text) : undefined
    if (rejected !== undefined) {
      this.rejections.add(
        rejected,
        batch.map(({ value }) => value),
      )
    }
    if (response.ok || rejected !== undefined) return true
    if ((status === TOO_LARGE || status === TOO_SLOW) && batch.length > 1) {
      this.#most = Math.ceil(batch.length / 2)
      return false
    }
    const said = `${url} answered ${status}: ${shown(text) || response.statusText}`
    if (TRY_LATER.has(status)) throw new TryLater(said, retryAfterMs(response.headers.get('retry-after'), now()))
    if (status >= 500 || status === TOO_SLOW) throw new Error(said)
    const location = response.headers.get('location')
    throw new SinkRefused(location === null ? said : `${said}; it is at ${location}, name that with --endpoint`)
  }

  async #post(batch: readonly NewRecord[]): Promise<Response> {
    const { url, apiKey } = this.#options
    try {
      return await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(apiKey !== undefined && { 'X-API-Key': apiKey.reveal() }),
        },
        body: `{"records":[${batch.map(({ value }) => jsonTextOf(value)).join(',')}]}`,
        // Followed, a POST would become a GET.
        redirect: 'manual',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      })
    } catch (error) {
      if (isUnconnected(error)) this.#unconfirmed = 0
      throw new Error(`${url} cannot be reached: ${reasonOf(error)}`, { cause: error })
    }
  }
}

const codeOf = (error: unknown): string | undefined => (error as { cause?: NodeJS.ErrnoException }).cause?.code

/** Nothing was sent. */
const isUnconnected = (error: unknown): boolean => ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(codeOf(error)!)

/** fetch says only that it failed; why stands in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error }
  return cause?.message || codeOf(error) || message
}

const shown = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)} ...` : line
}
