import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { runCommand } from '../commands/command-line.ts'
import { producer } from '../commands/commands.ts'
import { runUntilStopped } from '../commands/run-until-stopped.ts'
import { now, openServiceLog, print } from '../commands/running-service.ts'
import { kafkaConnectionOf, topicCreationOf, warningAbout } from '../consumer/kafka-options.ts'
import { kafkaClient } from '../consumer/log/kafka/kafka-client.ts'
import type { KafkaConnection, TopicCreation } from '../consumer/log/kafka/kafka-options.ts'
import { createTopic, creationCommand, sourceTopicPlan } from '../consumer/log/kafka/topics.ts'
import { createGenerator } from './generator.ts'
import { KafkaSink } from './kafka-sink.ts'
import { startPacing } from './pace.ts'

const RETRY_MS = 2_000
/** As the setting has it: beyond, ids would not fit a double. */
const LARGEST_RUN = 900_718

await runCommand(producer, async ({ settings }) => {
  const connection = kafkaConnectionOf(settings)
  const creation = topicCreationOf(settings)
  const { logger, close: closeLog } = openServiceLog(settings)
  const warning = warningAbout(connection)
  if (warning !== undefined) logger.warn(warning)
  await runUntilStopped(async () => {
    const { topic, compression, seed, visitors, ratePerSecond } = settings
    // Ids of one run never come again in another; where nothing remembers the last one, chance keeps them apart.
    const run = settings.run ?? randomInt(1, LARGEST_RUN)
    const client = kafkaClient(connection)
    const sink = new KafkaSink({ client, topic, compression })
    let stopping = false
    let pacing: ReturnType<typeof startPacing> | undefined

    async function begin(): Promise<void> {
      await ready(client, connection, topic, creation, logger, () => stopping)
      if (stopping) return
      await sink.connect()
      pacing = startPacing({
        generator: createGenerator({ seed, run, visitors }),
        ratePerSecond,
        append: (records) => sink.append(records),
        now,
        onError: (error) => logger.error({ err: error }, 'producing failed; trying the same events again'),
      })
    }

    print(`producing ${ratePerSecond} synthetic events a second to ${topic} at ${connection.brokers.join(', ')}
  seed ${seed}, run ${run}; the same seed and run give the same events. Ctrl-C stops.
`)
    const beginning = begin()
    const failed = beginning.then(
      () => new Promise<never>(() => {}),
      (error: Error) => error,
    )
    return {
      failed,
      async stop() {
        stopping = true
        await beginning.catch(() => undefined)
        await pacing?.stop()
        await sink.close()
        logger.info({ produced: pacing?.produced() ?? 0 }, 'stopped')
        await closeLog()
        print(`stopped after ${pacing?.produced() ?? 0} events`)
      },
    }
  })
})

/** Waits until the topic is there, creating it where that is allowed. What fails for a while is said and tried again. */
async function ready(
  client: Kafka,
  connection: KafkaConnection,
  topic: string,
  creation: TopicCreation | undefined,
  logger: Logger,
  ended: () => boolean,
): Promise<void> {
  while (!ended()) {
    const admin = client.admin()
    try {
      await admin.connect()
      if ((await admin.listTopics()).includes(topic)) return
      const plan = sourceTopicPlan(topic, creation ?? { partitions: 4, replication: -1, retentionMs: 7 * 86_400_000 })
      if (creation === undefined) {
        throw new Error(`topic ${topic} is missing; run: ${creationCommand(connection, plan)}`)
      }
      await createTopic(admin, connection, plan)
      return
    } catch (error) {
      logger.warn(`Kafka is not ready: ${(error as Error).message}; trying again`)
      await sleep(RETRY_MS)
    } finally {
      await admin.disconnect().catch(() => undefined)
    }
  }
}
