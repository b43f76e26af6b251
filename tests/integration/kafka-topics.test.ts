import kafkajs from 'kafkajs'
import { expect } from 'vitest'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { brokerTool } from '../kafka/broker-tool.ts'
import { type TopicWords, uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, countersOn, KafkaGroup } from './kafka-member.ts'
import { spawnConsumer } from './kafka-process.ts'

const DAY_MS = 86_400_000
const traffic = (seed: number, count: number) =>
  disorderedTraffic({
    seed,
    count,
    fromMs: at('09:00:00') + seed * 600_000,
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

const CONFIGS = ['cleanup.policy', 'message.timestamp.type', 'retention.ms'] as const

/** Partitions and configs of a topic, as the broker tells them. */
const described = (group: KafkaGroup, topic: string): Promise<Record<string, unknown>> =>
  group.withKafka(async ({ admin }) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const type = kafkajs.ConfigResourceTypes.TOPIC
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type, name: topic, configNames: [...CONFIGS] }],
    })
    const configs = resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue])
    return { partitions: topics[0]!.partitions.length, ...Object.fromEntries(configs) }
  })

kafkaTest('the three topics are created as they must be, and counting begins', async ({ broker }) => {
  const group = new KafkaGroup(broker)
  const member = await group.join({ kafka: { createTopics: { partitions: 3, replication: -1, retentionMs: DAY_MS } } })
  await member.settled()
  expect(member.partitions()).toStrictEqual([0, 1, 2])
  const deletes = { 'cleanup.policy': 'delete', partitions: 3 }
  expect(await described(group, group.topic)).toStrictEqual({
    ...deletes,
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': String(DAY_MS),
  })
  expect(await described(group, group.snapshotTopic)).toMatchObject({ 'cleanup.policy': 'compact', partitions: 3 })
  expect(await described(group, group.deadLetterTopic)).toMatchObject({ ...deletes, 'retention.ms': `${30 * DAY_MS}` })

  await group.append(traffic(1, 300))
  await member.settled()
  expect(countersOn(await member.committedPage())).toStrictEqual(await group.expected({ appendTime: true }))
})

kafkaTest('where none may be created, each missing topic is named with the command that helps', async ({ broker }) => {
  const group = new KafkaGroup(broker)
  const member = await group.join({ kafka: { createTopics: undefined } })
  for (const topic of [group.topic, group.snapshotTopic, group.deadLetterTopic]) {
    const command = await until(async () => {
      const [status, text] = await member.ready()
      const said = /^not ready: topic (\S+) is missing; run: kafka-topics.sh --bootstrap-server (\S+) (.*)\n$/.exec(
        text,
      )
      return status === 503 && said?.[1] === topic ? { bootstrap: said[2]!, args: said[3]! } : undefined
    }, `/-/ready to tell how ${topic} is made`)
    await brokerTool(command, 'topics', command.args.split(' '))
  }
  await member.settled()
  await group.append(traffic(1, 300))
  await member.settled()
  expect(countersOn(await member.committedPage())).toStrictEqual(await group.expected({ appendTime: true }))
  expect(await described(group, group.snapshotTopic)).toMatchObject({ 'cleanup.policy': 'compact' })
})

kafkaTest('a topic that the brokers will not create is named with their reason and the command', async ({ broker }) => {
  const group = new KafkaGroup(broker)
  const creation = { partitions: 1, replication: 99, retentionMs: DAY_MS }
  const member = await group.join({ kafka: { createTopics: creation } })
  const text = await until(async () => {
    const [status, text] = await member.ready()
    return status === 503 && text.includes('cannot be created') ? text : undefined
  }, '/-/ready to say why')
  expect(text).toMatch(new RegExp(`^not ready: topic ${group.topic} is missing and cannot be created \\(.*eplication`))
  expect(text).toContain(`--create --topic ${group.topic} --partitions 1 --replication-factor 99 `)
})

kafkaTest('partitions that are added are found and counted from their beginning', async ({ broker }) => {
  const group = await aKafkaGroup(broker, { partitions: 1 })
  const member = await group.join()
  await group.append(traffic(1, 300))
  await member.settled()

  await group.withKafka((kafka) => kafka.addPartitions(group.topic, 4))
  await group.append(traffic(2, 300))
  await until(async () => (member.partitions().length === 4 ? true : undefined), 'all partitions to be assigned')
  await member.settled()
  const page = await member.committedPage()
  for (const partition of [1, 2, 3]) {
    expect(page.get(group.series('records_consumed_total', {}, partition))).toBeGreaterThan(0)
  }
  expect(countersOn(page)).toStrictEqual(await group.expected())
  expect(member.linesSaying('partition kept')).toMatchObject([{ partition: 0 }])
})

interface Unusable {
  name: string
  which: 'source' | 'snapshots'
  configs: NonNullable<TopicWords['configs']>
  says(group: KafkaGroup): string
}

const COMPACTED = ({ topic }: KafkaGroup): string =>
  `topic ${topic} is compacted (cleanup.policy): records vanish from it, and counters could not be rebuilt; set cleanup.policy=delete or name another topic`
const DELETED =
  (policy: string) =>
  ({ snapshotTopic }: KafkaGroup): string =>
    `topic ${snapshotTopic} holds snapshots and has cleanup.policy=${policy}: they would be deleted while needed; set cleanup.policy=compact`

const UNUSABLE: Unusable[] = [
  {
    name: 'a compacted source topic',
    which: 'source',
    configs: { 'cleanup.policy': 'compact' },
    says: COMPACTED,
  },
  {
    name: 'a source topic that is compacted and deleted from',
    which: 'source',
    configs: { 'cleanup.policy': 'compact,delete' },
    says: COMPACTED,
  },
  {
    name: 'a snapshot topic that is not compacted',
    which: 'snapshots',
    configs: {},
    says: DELETED('delete'),
  },
  {
    name: 'a snapshot topic that is also deleted from',
    which: 'snapshots',
    configs: { 'cleanup.policy': 'compact,delete' },
    says: DELETED('compact,delete'),
  },
]

kafkaTest.for(UNUSABLE)(
  '$name is refused, and the process ends with the reason',
  async (unusable, { broker, kafka }) => {
    const { which, configs, says } = unusable
    const source = await kafka.createTopic(which === 'source' ? { configs } : {})
    const snapshots = which === 'snapshots' ? await kafka.createTopic({ configs }) : uniqueName('snapshots')
    const group = new KafkaGroup(broker, { topic: source, snapshotTopic: snapshots })
    const member = await group.join()
    expect((await member.exporter.refused).message).toBe(says(group))
    expect(await member.ready()).toStrictEqual([503, `not ready: ${says(group)}\n`])

    const flags = { brokers: broker.bootstrap, topic: source, group: group.group, 'kafka-snapshot-topic': snapshots }
    const consumer = spawnConsumer(Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]))
    expect(await consumer.ended).toBe(1)
    expect(consumer.stderr()).toBe(`${says(group)}\n`)
  },
)
