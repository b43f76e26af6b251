import { expect } from 'vitest'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import type { KafkaClient } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, countersOn, createNamed, type KafkaGroup, type KafkaMember } from './kafka-member.ts'
import { sumOf } from './machine.ts'

const traffic = (seed: number, count: number) =>
  disorderedTraffic({
    seed,
    count,
    fromMs: at('09:00:00') + seed * 600_000,
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

/** A group on two partitions whose one member has counted 500 records. */
async function aCountingMember(
  broker: { readonly bootstrap: string },
  ...words: Parameters<KafkaGroup['join']>
): Promise<[KafkaGroup, KafkaMember]> {
  const group = await aKafkaGroup(broker, { partitions: 2 })
  const preparing = await group.join()
  await preparing.settled()
  await preparing.stop()
  const member = await group.join(...words)
  await group.append(traffic(1, 500))
  await member.settled()
  expect(countersOn(await member.committedPage())).toStrictEqual(await group.expected())
  return [group, member]
}

kafkaTest.for([
  { name: 'as many', partitions: 2, resets: 2 },
  { name: 'more', partitions: 3, resets: 2 },
  { name: 'fewer', partitions: 1, resets: 1 },
])(
  'a topic that is deleted and created anew with $name partitions is counted from its start',
  async ({ partitions, resets }, { broker, kafka }) => {
    const [group, member] = await aCountingMember(broker)
    await kafka.deleteTopic(group.topic)
    await createNamed(kafka, group.topic, partitions)
    await group.append(traffic(2, 200))

    await until(async () => (member.partitions().length === partitions ? true : undefined), 'the new assignment')
    await member.settled()
    const page = await member.committedPage()
    expect(countersOn(page)).toStrictEqual(await group.expected())
    expect(group.lineageResets(page, 'log_recreated')).toBe(resets)
    expect(sumOf(page, 'lineage_resets_total')).toBe(resets)

    await member.crash()
    const next = await group.join()
    await next.settled()
    const after = await next.committedPage()
    expect(countersOn(after)).toStrictEqual(countersOn(page))
    expect(sumOf(after, 'lineage_resets_total')).toBe(0)
  },
)

kafkaTest('a topic that stays deleted is asked for until somebody makes it', async ({ broker, kafka }) => {
  const [group, member] = await aCountingMember(broker, { kafka: { createTopics: undefined } })
  await kafka.deleteTopic(group.topic)
  await until(async () => {
    await member.nextPage()
    const [status, text] = await member.ready()
    return status === 503 && text.includes(`topic ${group.topic} is missing; run: kafka-topics.sh `) ? true : undefined
  }, '/-/ready to tell how it is made')

  await createNamed(kafka, group.topic, 2)
  await group.append(traffic(2, 200))
  await member.settled()
  const page = await member.committedPage()
  expect(countersOn(page)).toStrictEqual(await group.expected())
  expect(group.lineageResets(page, 'log_recreated')).toBe(2)
})

kafkaTest('a topic that was created anew while nobody ran is counted from its start', async ({ broker, kafka }) => {
  const [group, first] = await aCountingMember(broker)
  await first.stop()
  await kafka.deleteTopic(group.topic)
  await createNamed(kafka, group.topic, 2)
  await group.append(traffic(2, 200))
  // Kafka deletes them with the topic: nothing is left that could tell of another.
  expect(await kafka.committed(group.group, group.topic)).toStrictEqual(new Map())

  const second = await group.join()
  await second.settled()
  const page = await second.committedPage()
  expect(countersOn(page)).toStrictEqual(await group.expected())
  expect(sumOf(page, 'lineage_resets_total')).toBe(0)
})

kafkaTest('a snapshot topic that is deleted is created again when the state is saved', async ({ broker, kafka }) => {
  const [group, first] = await aCountingMember(broker)
  await kafka.deleteTopic(group.snapshotTopic)
  await until(async () => {
    return (await kafka.admin.listTopics()).includes(group.snapshotTopic) ? undefined : true
  }, 'the topic to be gone')
  await group.append(traffic(2, 200))
  await first.settled()
  await first.stop()

  const second = await group.join()
  await second.settled()
  const page = await second.committedPage()
  expect(countersOn(page)).toStrictEqual(await group.expected())
  expect(sumOf(page, 'lineage_resets_total')).toBe(0)
})

const REJECTED = [0, 1].map((partition) => ({ partition, key: 'ann', value: `{"cut short in ${partition}` }))

const LETTERS = REJECTED.map(({ value }) => value).sort()

const lettersOf = async (group: KafkaGroup, kafka: KafkaClient): Promise<string[]> =>
  (await kafka.readAll(group.deadLetterTopic)).map(({ value }) => String(value)).sort()

interface Change {
  name: string
  happens(topic: string, kafka: KafkaClient): Promise<unknown>
}

const CHANGES: Change[] = [
  { name: 'is deleted', happens: (topic, kafka) => kafka.deleteTopic(topic) },
  {
    name: 'is created anew with fewer partitions',
    happens: async (topic, kafka) => {
      await kafka.deleteTopic(topic)
      await createNamed(kafka, topic, 1)
    },
  },
]

kafkaTest.for(CHANGES)(
  'a dead letter topic that $name takes every letter after that, and holds up nothing',
  async ({ happens }, { broker, kafka }) => {
    const [group, member] = await aCountingMember(broker)
    await happens(group.deadLetterTopic, kafka)
    await kafka.write(group.topic, REJECTED)
    await member.settled()
    expect(countersOn(await member.committedPage())).toStrictEqual(await group.expected())
    expect(await lettersOf(group, kafka)).toStrictEqual(LETTERS)
  },
)

kafkaTest('no letter is lost on a dead letter topic that gets more partitions', async ({ broker, kafka }) => {
  const group = await aKafkaGroup(broker, { partitions: 2 })
  await createNamed(kafka, group.deadLetterTopic, 1)
  const member = await group.join()
  await kafka.write(group.topic, REJECTED)
  await member.settled()
  await member.committedPage()

  await kafka.addPartitions(group.deadLetterTopic, 2)
  // With every assignment the topics are looked at anew.
  const other = await group.join()
  await other.settled()
  await other.stop()
  await until(async () => (member.partitions().length === 2 ? true : undefined), 'all partitions to be back')
  await kafka.write(group.topic, REJECTED)
  await member.settled()
  await member.committedPage()
  expect(await lettersOf(group, kafka)).toStrictEqual([...LETTERS, ...LETTERS].sort())
})
