import { setTimeout as sleep } from 'node:timers/promises'
import { type DurableLog, PartlyStored, RecordsTooLarge } from '../../contract/durable-log.ts'
import type { NewRecord } from '../../contract/log-port.ts'
import { loneBatchBytes, messageOf, type PartitionRequest, partitionRequests } from './partition-requests.ts'
import type { ProducerSession } from './producer-session.ts'
import { TopicMissing } from './topic-view.ts'
import { wasAnswered, writeFaultOf } from './write-faults.ts'
import { WrittenTopic, type WrittenTopicOptions } from './written-topic.ts'

export interface IdempotentWriterOptions extends WrittenTopicOptions {
  /** Awaited before the first records and after every failure: the topic is there. */
  readonly topicReady: () => Promise<void>
  /** Milliseconds that only go on. */
  readonly steadyNow: () => number
}

/** Sent at once to a partition. A broker takes a batch of a megabyte unless told otherwise. */
const REQUEST_BYTES = 500_000
/** Partitions may be added and limits changed while nothing fails: asked for again so often, as kafkajs does. */
const TOPIC_AGE_MS = 300_000
const FIRST_PAUSE_MS = 100
/** So short that a broker that is back is not kept waiting for. */
const LONGEST_PAUSE_MS = 1_000
/** A request without an answer for longer is trouble. */
const SLOW_MS = 2_000

/** What one append has for one partition: its requests go one after another. */
interface Lane {
  readonly partition: number
  readonly requests: PartitionRequest[]
  sentAtMs: number
  /** Why the last attempt failed; undefined while the first is under way. */
  fault: string | undefined
  /** An attempt ended so that the topic may hold records that no broker confirmed. */
  mayHoldSome: boolean
}

/** What is known of the topic, and until when that is good enough. */
interface TopicState {
  readonly partitions: number
  readonly mostBatchBytes: number
  readonly goodUntilMs: number
}

/**
 * Appends records to a topic, each exactly once, to the partition of its key as Kafka's own clients choose it. A
 * partition has one request under way, and what becomes of it is found out by sending the same batch under the same
 * sequence numbers until a broker answers: it keeps one copy. An append therefore stays pending for as long as no
 * broker answers, and a copy can come about only by appending again what an append that rejected may have stored.
 *
 * kafkajs's own producer gives a request up when it cannot connect a few times, and cannot be stopped while it tries.
 */
export class IdempotentWriter implements DurableLog {
  readonly #options: IdempotentWriterOptions
  readonly #closing = new AbortController()
  #topic: WrittenTopic
  #state: TopicState | undefined
  #session: ProducerSession | undefined
  #preparing: Promise<void> | undefined
  /** Why it cannot begin to send. */
  #waitingFor: string | undefined
  #lanes: readonly Lane[] = []

  constructor(options: IdempotentWriterOptions) {
    this.#options = options
    this.#topic = new WrittenTopic(options)
  }

  get trouble(): string | undefined {
    if (this.#waitingFor !== undefined) return this.#waitingFor
    const now = this.#options.steadyNow()
    for (const { partition, requests, fault, sentAtMs } of this.#lanes) {
      if (requests.length === 0) continue
      const waitingMs = now - sentAtMs
      const which = `partition ${partition} of topic ${this.#options.topic}`
      if (fault !== undefined) return `${which}: ${fault}`
      if (waitingMs > SLOW_MS) return `${which}: no answer for ${Math.round(waitingMs / 1_000)} s`
    }
    return undefined
  }

  /** Records of the append under way that no broker confirmed: the topic may hold them. 0 before they are sent. */
  get unconfirmed(): number {
    return this.#lanes.flatMap(({ requests }) => requests).reduce((records, { length }) => records + length, 0)
  }

  /**
   * Waits until records can be sent, for as long as that takes; `trouble` says what is missing. Appending does so by
   * itself. @throws when closed
   */
  connect(): Promise<void> {
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = undefined
    })
    return this.#preparing
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    const { session, partitions, mostBatchBytes } = await this.#ready()
    const messages = records.map(messageOf)
    for (const message of messages) {
      if (loneBatchBytes(message) > mostBatchBytes) throw this.#tooLarge(loneBatchBytes(message), mostBatchBytes)
    }
    const sentAtMs = this.#options.steadyNow()
    const requests = partitionRequests(messages, partitions, Math.min(REQUEST_BYTES, mostBatchBytes))
    const lanes = [...requests].map(([partition, due]): Lane => {
      return { partition, requests: due, sentAtMs, fault: undefined, mayHoldSome: false }
    })
    this.#lanes = lanes
    // One that fails for good keeps the others from trying again, but not from hearing what became of their requests.
    const failing = new AbortController()
    const ends = await Promise.allSettled(
      lanes.map((lane) =>
        this.#sendAll(lane, session, failing.signal).catch((error) => {
          failing.abort(error)
          throw error
        }),
      ),
    )
    this.#lanes = []
    if (ends.every(({ status }) => status === 'fulfilled')) return
    // Other sequence numbers: nobody knows how far those of this session are.
    this.#session = undefined
    const why: unknown = failing.signal.reason
    const left = new Set(lanes.flatMap(({ requests: unanswered }) => unanswered.flat()))
    const unconfirmed = records.filter((_, index) => left.has(messages[index]!))
    if (unconfirmed.length < records.length) {
      const what = `${wordsOf(why)}; other records of the same append are in the log`
      throw new PartlyStored(what, unconfirmed, { cause: why })
    }
    if (why instanceof RecordsTooLarge && lanes.some(({ mayHoldSome }) => mayHoldSome)) {
      throw new Error(`${why.message}; other records of the same append may be in the log`, { cause: why })
    }
    throw why
  }

  /**
   * What is pending rejects now; whether its records are in the topic is not known then. Resolves when the connections
   * are closed: a broker that hangs may take the time of a request for that.
   */
  async close(): Promise<void> {
    this.#closing.abort(new Error(`the writer of topic ${this.#options.topic} is closed`))
    await this.#topic.close()
  }

  async #ready(): Promise<{ session: ProducerSession } & TopicState> {
    for (;;) {
      this.#closing.signal.throwIfAborted()
      const session = this.#session
      const state = this.#state
      const isGood = session !== undefined && !session.isSpent && state !== undefined
      if (isGood && this.#options.steadyNow() < state.goodUntilMs) return { session, ...state }
      await this.connect()
    }
  }

  async #prepare(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = longer(pauseMs)) {
      const topic = this.#topic
      try {
        await this.#unlessClosed(this.#ask(topic))
        this.#waitingFor = undefined
        return
      } catch (error) {
        this.#closing.signal.throwIfAborted()
        this.#waitingFor = wordsOf(error)
        this.#renew(topic)
        await this.#pause(pauseMs, this.#closing.signal)
      }
    }
  }

  async #ask(topic: WrittenTopic): Promise<void> {
    const { topicReady, steadyNow } = this.#options
    if (this.#session === undefined) await topicReady()
    const partitions = await topic.countPartitions()
    const mostBatchBytes = await topic.mostBatchBytes()
    if (this.#session === undefined || this.#session.isSpent) this.#session = await topic.newSession()
    this.#state = { partitions, mostBatchBytes, goodUntilMs: steadyNow() + TOPIC_AGE_MS }
  }

  async #sendAll(lane: Lane, session: ProducerSession, failing: AbortSignal): Promise<void> {
    for (let request = lane.requests[0]; request !== undefined; request = lane.requests[0]) {
      failing.throwIfAborted()
      lane.sentAtMs = this.#options.steadyNow()
      const outcome = await this.#sendOne(lane, session, request, failing)
      if (outcome === 'stored') {
        session.advance(lane.partition, request.length)
        lane.requests.shift()
      } else {
        const middle = request.length >> 1
        lane.requests.splice(0, 1, request.slice(0, middle), request.slice(middle))
      }
      lane.fault = undefined
    }
  }

  /** @returns whether it is stored, or is to be cut in two since a broker would not take it whole */
  async #sendOne(
    lane: Lane,
    session: ProducerSession,
    request: PartitionRequest,
    failing: AbortSignal,
  ): Promise<'stored' | 'cut'> {
    let isUnknown = false
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = longer(pauseMs)) {
      const topic = this.#topic
      try {
        await this.#unlessClosed(topic.send(session, lane.partition, request))
        return 'stored'
      } catch (error) {
        this.#closing.signal.throwIfAborted()
        const fault = writeFaultOf(error)
        if (fault === 'stored') return 'stored'
        if (fault === 'too_large' && !isUnknown) {
          if (request.length > 1) return 'cut'
          throw this.#refusedSize(loneBatchBytes(request[0]!), error)
        }
        isUnknown = true
        lane.mayHoldSome = true
        if (fault !== 'try_again') throw error
        lane.fault = wordsOf(error)
        await this.#pause(pauseMs, failing)
        await this.#recover(topic, lane.partition, wasAnswered(error))
      }
    }
  }

  /**
   * Learns where the partitions are now, over new connections when the old ones gave no answer.
   * @throws when the partition is gone for good
   */
  async #recover(unanswering: WrittenTopic, partition: number, isConnected: boolean): Promise<void> {
    if (!isConnected) this.#renew(unanswering)
    let partitions: number
    try {
      partitions = await this.#unlessClosed(this.#topic.countPartitions())
    } catch (error) {
      // Where nobody can be asked, the next attempt fails as this one did, and says so.
      if (error instanceof TopicMissing) await this.#unlessClosed(this.#options.topicReady()).catch(() => undefined)
      return
    }
    if (partition < partitions) return
    throw new Error(`topic ${this.#options.topic} was made anew with ${partitions} partitions; append again`)
  }

  /** A request that was not answered would hold up the next one on its connection for as long as the broker likes. */
  #renew(unanswering: WrittenTopic): void {
    if (this.#topic !== unanswering) return
    this.#topic = new WrittenTopic(this.#options)
    void unanswering.close()
  }

  async #pause(ms: number, failing: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, failing])
    await sleep(ms, undefined, { signal }).catch(() => undefined)
    signal.throwIfAborted()
  }

  async #unlessClosed<Result>(work: Promise<Result>): Promise<Result> {
    const { signal } = this.#closing
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    })
  }

  /** A broker refused the size: from now on it is known before anything is sent. */
  #refusedSize(bytes: number, cause: unknown): RecordsTooLarge {
    const { partitions, goodUntilMs } = this.#state!
    this.#state = { partitions, mostBatchBytes: bytes - 1, goodUntilMs }
    return this.#tooLarge(bytes, bytes - 1, cause)
  }

  #tooLarge(bytes: number, mostBytes: number, cause?: unknown): RecordsTooLarge {
    return new RecordsTooLarge(
      `a record takes ${bytes} bytes, and topic ${this.#options.topic} at most ${mostBytes}: raise its max.message.bytes, or send less in one event`,
      { cause },
    )
  }
}

const longer = (pauseMs: number): number => Math.min(2 * pauseMs, LONGEST_PAUSE_MS)

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
