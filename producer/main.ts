import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../commands/command-line.ts'
import { producer } from '../commands/commands.ts'
import { runUntilStopped } from '../commands/run-until-stopped.ts'
import { now, openServiceLog, print, steadyNow } from '../commands/running-service.ts'
import { kafkaConnectionOf, warningAbout } from '../consumer/kafka-options.ts'
import { kafkaClient } from '../consumer/log/kafka/kafka-client.ts'
import { sourceTopicPlan } from '../consumer/log/kafka/topics.ts'
import { createGenerator } from './generator.ts'
import { KafkaSink } from './kafka-sink.ts'
import { startPacing } from './pace.ts'
import { Progress } from './progress.ts'
import { topicReady } from './topic-ready.ts'

/** As the setting has it: beyond, ids would not fit a double. */
const LARGEST_RUN = 900_718
/** Brokers that do not answer may not hold up the end: whoever stops a container kills it soon after. */
const LONGEST_STOP_MS = 5_000

await runCommand(producer, async ({ settings }) => {
  const connection = kafkaConnectionOf(settings)
  const { logger, close: closeLog } = openServiceLog(settings)
  const warning = warningAbout(connection)
  if (warning !== undefined) logger.warn(warning)
  await runUntilStopped(async () => {
    const { topic, compression, seed, visitors, ratePerSecond, summaryIntervalMs, partitions } = settings
    // Ids of one run never come again in another; where nothing remembers the last one, chance keeps them apart.
    const run = settings.run ?? randomInt(1, LARGEST_RUN)
    const client = kafkaClient(connection)
    const { createTopics: mayCreate, topicReplication: replication, topicRetentionMs: retentionMs } = settings
    const plan = sourceTopicPlan(topic, { partitions, replication, retentionMs })
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
    const summaries =
      summaryIntervalMs === undefined
        ? undefined
        : setInterval(
            () => print(`${new Date(now()).toISOString().slice(11, 19)}  ${progress.line()}`),
            summaryIntervalMs,
          )

    return {
      async stop() {
        stopping = true
        clearInterval(summaries)
        const ended = pacing.stop()
        sink.stopWaiting()
        await Promise.race([ended.then(() => sink.close()), sleep(LONGEST_STOP_MS)])
        const { unconfirmed } = sink
        logger.info({ produced: pacing.produced(), unconfirmed }, 'stopped')
        await closeLog()
        const perhaps = unconfirmed > 0 ? `; ${unconfirmed} more were sent without an answer and may be there` : ''
        print(`stopped after ${pacing.produced()} events${perhaps}`)
      },
    }
  })
})
