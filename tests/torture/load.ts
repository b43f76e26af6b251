import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaClient } from '../kafka/kafka-client.ts'
import type { Traffic } from './traffic.ts'

const EVERY_MS = 250
const RECORDS_PER_WRITE = 150

/** Writes the traffic to the topic at a steady pace until it is stopped; while the broker is away, it waits for it. */
export class Load {
  readonly #kafka: KafkaClient
  readonly #topic: string
  readonly #traffic: Traffic
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #records = 0

  constructor(kafka: KafkaClient, topic: string, traffic: Traffic) {
    this.#kafka = kafka
    this.#topic = topic
    this.#traffic = traffic
    this.#running = this.#run()
  }

  /** Written so far. The topic may hold more: what was stored without an answer is written again. */
  get records(): number {
    return this.#records
  }

  /** Ends when everything begun is written. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let fromMs = Date.now()
    while (!signal.aborted) {
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined)
      const toMs = Date.now()
      await this.#write(this.#traffic.next(RECORDS_PER_WRITE, fromMs, toMs))
      fromMs = toMs
    }
  }

  async #write(records: ReturnType<Traffic['next']>): Promise<void> {
    for (;;) {
      try {
        await this.#kafka.write(this.#topic, records)
        this.#records += records.length
        return
      } catch (error) {
        if (!isAbsence(error)) throw error
      }
    }
  }
}

/** The client gave up waiting for the broker, or lost it in the middle. */
function isAbsence(error: unknown): boolean {
  const { name, retriable } = error as { name: string; retriable?: boolean }
  return retriable === true || name === 'KafkaJSNumberOfRetriesExceeded'
}
