import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { kafkaClient } from '../consumer/log/kafka/kafka-client.ts'
import type { Compression, KafkaConnection } from '../consumer/log/kafka/kafka-options.ts'
import { sourceTopicPlan } from '../consumer/log/kafka/topics.ts'
import { createGenerator } from './generator.ts'
import { KafkaSink } from './kafka-sink.ts'
import { startPacing } from './pace.ts'
import { Progress } from './progress.ts'
import { topicReady } from './topic-ready.ts'

export interface ProducingOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  readonly compression: Compression
  /** Whether the topic is created when it is missing, and with what. */
  readonly createTopics: boolean
  readonly partitions: number
  readonly topicReplication: number
  readonly topicRetentionMs: number
  readonly seed: number
  /** Ids of one run never come again in another; undefined draws one. */
  readonly run: number | undefined
  readonly visitors: number
  readonly ratePerSecond: number
  /** Milliseconds between the lines that tell how it gets on; undefined prints none. */
  readonly summaryIntervalMs: number | undefined
  readonly logger: Logger
  readonly print: (line: string) => void
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds that never go back. */
  readonly steadyNow: () => number
}

/** As the setting has it: beyond, ids would not fit a double. */
const LARGEST_RUN = 900_718
/** Brokers that do not answer may not hold up the end: whoever stops a container kills it soon after. */
const LONGEST_STOP_MS = 5_000

/** Writes synthetic traffic to a topic until stopped. What fails is said and tried again, with the same events. */
export function startProducing(options: ProducingOptions): { stop(): Promise<void> } {
  const { connection, topic, compression, seed, visitors, ratePerSecond, logger, print, now, steadyNow } = options
  const { createTopics: mayCreate, partitions, topicReplication, topicRetentionMs, summaryIntervalMs } = options
  // Where nothing remembers the last run, chance keeps them apart.
  const run = options.run ?? randomInt(1, LARGEST_RUN)
  const client = kafkaClient(connection)
  const plan = sourceTopicPlan(topic, { partitions, replication: topicReplication, retentionMs: topicRetentionMs })
  const sink = new KafkaSink({
    client,
    topic,
    compression,
    topicReady: () => topicReady({ connection, client, plan, mayCreate }),
  })

  print(`producing ${ratePerSecond} synthetic events a second to ${topic} at ${connection.brokers.join(', ')}
  seed ${seed}, run ${run}; the same seed and run give the same events. Ctrl-C stops.
`)
  const progress = new Progress({
    produced: () => pacing.produced(),
    steadyNow,
    onTrouble: (error) => logger.warn({ err: error }, 'producing failed; trying the same events again'),
    onRecovered: (failedAttempts) => logger.info({ failedAttempts }, 'producing again'),
  })
  let stopping = false
  const pacing = startPacing({
    generator: createGenerator({ seed, run, visitors }),
    ratePerSecond,
    async append(records) {
      await sink.append(records)
      progress.succeeded()
    },
    now,
    onError: (error) => {
      if (!stopping) progress.failed(error)
    },
  })
  const tell = (): void => print(`${new Date(now()).toISOString().slice(11, 19)}  ${progress.line()}`)
  const telling = summaryIntervalMs === undefined ? undefined : setInterval(tell, summaryIntervalMs)

  return {
    async stop() {
      stopping = true
      clearInterval(telling)
      const ended = pacing.stop()
      sink.stopWaiting()
      await Promise.race([ended.then(() => sink.close()), sleep(LONGEST_STOP_MS)])
      const { unconfirmed } = sink
      logger.info({ produced: pacing.produced(), unconfirmed }, 'stopped')
      const perhaps = unconfirmed > 0 ? `; ${unconfirmed} more were sent without an answer and may be there` : ''
      print(`stopped after ${pacing.produced()} events${perhaps}`)
    },
  }
}
