import { runCommand } from '../../commands/command-line.ts'
import { collector as command } from '../../commands/commands.ts'
import { runUntilStopped } from '../../commands/run-until-stopped.ts'
import { now, openServiceLog, print, steadyNow } from '../../commands/running-service.ts'
import { registerBuildInfo } from '../../consumer/build-info.ts'
import { coreOptionsOf } from '../../consumer/core-options.ts'
import { Registry, registerProcessMetrics, render } from '../../consumer/expose/registry.ts'
import { serve } from '../../consumer/expose/server.ts'
import { kafkaConnectionOf, warningAbout } from '../../consumer/kafka-options.ts'
import { IdempotentWriter } from '../../consumer/log/kafka/idempotent-writer.ts'
import { TopicReader } from '../../consumer/log/kafka/topic-reader.ts'
import { topicReady } from '../../consumer/log/kafka/topic-ready.ts'
import { sourceTopicPlan } from '../../consumer/log/kafka/topics.ts'
import { RefusedSettings } from '../../consumer/settings/fault.ts'
import { within } from '../../consumer/within.ts'
import { accessOf, keyNeeded } from './access.ts'
import { exampleOf, openCollector } from './collector.ts'

/** Brokers that do not answer may not hold up the end. */
const LONGEST_CLOSE_MS = 2_000
/** What is over sooner is not worth a line. */
const LOOK_EVERY_MS = 5_000

await runCommand(command, async ({ settings }) => {
  const core = coreOptionsOf(settings)
  const connection = kafkaConnectionOf(settings)
  const access = accessOf(settings)
  if (access.kind === 'nobody') throw new RefusedSettings([keyNeeded(settings)])
  const { logger, close: closeLog } = openServiceLog(settings)
  const warning = warningAbout(connection)
  if (warning !== undefined) logger.warn(warning)
  await runUntilStopped(async () => {
    const { host, port, topic, compression, createTopics: mayCreate, partitions } = settings
    const { topicReplication: replication, topicRetentionMs: retentionMs } = settings
    const plan = sourceTopicPlan(topic, { partitions, replication, retentionMs })
    const writer = new IdempotentWriter({
      connection,
      topic,
      compression,
      topicReady: () => topicReady({ connection, plan, mayCreate }),
      steadyNow,
    })
    const view = new TopicReader(connection, topic)
    const openView = () => {
      const reader = new TopicReader(connection, topic)
      return { view: reader, close: () => reader.close() }
    }
    const registry = new Registry()
    registerBuildInfo(registry)
    registerProcessMetrics(registry)
    const own = { core, access, log: writer, view, openView, registry }
    const collector = openCollector({ ...settings, ...own, hasLandingPage: false, now, steadyNow, logger })
    let isConnected = false
    const waitingFor = (): string | undefined => collector.trouble ?? (isConnected ? undefined : 'connecting to Kafka')
    const server = await serve({
      host,
      port,
      metrics: () => render(registry),
      waitingFor: () => [waitingFor()].filter((reason) => reason !== undefined),
      onError: (error) => logger.error({ err: error }, 'answering a request failed'),
      api: collector.api,
    })
    logger.info({ url: server.url }, 'serving')
    let said: string | undefined
    const telling = setInterval(() => {
      const trouble = collector.trouble
      if (trouble !== undefined && said === undefined) logger.warn(`nothing gets into the log: ${trouble}`)
      if (trouble === undefined && said !== undefined) logger.warn('the log takes events again')
      said = trouble
    }, LOOK_EVERY_MS)
    writer.connect().then(
      () => {
        isConnected = true
      },
      () => undefined, // closed before it could
    )
    print(`clickstream-collector writes to ${topic}
  brokers   ${connection.brokers.join(', ')}
  events    POST ${server.url}/events
  metrics   ${server.url}/metrics
  log file  ${settings.logFile ?? 'none'}
  ${exampleOf(server.url, access)}
`)
    return {
      async stop() {
        clearInterval(telling)
        print('stopping: answering what is pending ...')
        await collector.stop()
        await server.close()
        await within(LONGEST_CLOSE_MS, Promise.all([writer.close(), view.close()])).catch(() => undefined)
        logger.info('stopped')
        await closeLog()
        print('stopped')
      },
    }
  })
})
