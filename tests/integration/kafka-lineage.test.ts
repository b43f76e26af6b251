import { expect } from 'vitest'
import type { Position } from '../../consumer/contract/log-port.ts'
import { LINEAGE_CAUSES, type LineageCause } from '../../consumer/expose/delivery-metrics.ts'
import { Nodes } from '../../consumer/log/kafka/nodes.ts'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { brokerTool } from '../kafka/broker-tool.ts'
import type { KafkaClient } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { aKafkaGroup, countersOn, createNamed, type KafkaGroup } from './kafka-member.ts'

const traffic = (seed: number, count: number) =>
  disorderedTraffic({
    seed,
    count,
    fromMs: at('09:00:00'),
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

/** Commits for a group without members, as Kafka's own tools do. */
async function setPosition(group: KafkaGroup, { offset, metadata }: Position): Promise<void> {
  const connection = { brokers: group.bootstrap.split(','), clientId: 'an operator', tls: undefined, sasl: undefined }
  const nodes = new Nodes(connection, 5_000)
  const coordinator = await nodes.coordinatorOf(group.group)
  const topics = [{ topic: group.topic, partitions: [{ partition: 0, offset: String(offset), metadata }] }]
  await coordinator.offsetCommit({ groupId: group.group, groupGenerationId: -1, memberId: '', topics })
  await nodes.close()
}

const positionOf = (group: KafkaGroup): Promise<Position> =>
  group.withKafka(async (kafka) => (await kafka.committed(group.group, group.topic)).get(0)!)

/** Puts another text into the position's note in place of the snapshot's pointer. */
async function pointElsewhere(group: KafkaGroup, pointer: (now: string) => string): Promise<void> {
  const { offset, metadata } = await positionOf(group)
  const note = JSON.parse(metadata)
  await setPosition(group, { offset, metadata: JSON.stringify({ ...note, snapshot: pointer(note.snapshot) }) })
}

/** A blob of one chunk beside the snapshot, and the pointer to it. */
async function aBlob(group: KafkaGroup, kafka: KafkaClient, change: (bytes: Buffer) => Buffer): Promise<string> {
  const chunks = await kafka.readAll(group.snapshotTopic)
  const records = chunks.map(({ key, value }) => ({
    key: String(key).replace(/[\w-]+(?=\/\d+$)/, 'changed'),
    value: change(value!),
    partition: 0,
  }))
  await kafka.write(group.snapshotTopic, records)
  return `0:${chunks.length}-${2 * chunks.length - 1}:${chunks.length}:changed`
}

const resetOffsets = (group: KafkaGroup, ...to: string[]): Promise<string> =>
  brokerTool(group, 'consumer-groups', [
    ...['--group', group.group, '--topic', group.topic],
    ...['--reset-offsets', ...to, '--execute'],
  ])

async function deleteRecords({ topic }: KafkaGroup, { admin }: KafkaClient, before: number): Promise<void> {
  // Deleting knows the leaders of those topics only that were asked for before.
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(before) }] })
}

interface Breakage {
  cause: LineageCause
  name: string
  /** What happened while no member was there. */
  happens(group: KafkaGroup, kafka: KafkaClient): Promise<unknown>
  /** Where counting begins again, in a log of 500 records committed at 300. */
  resumesAt: number
}

const BREAKAGES: Breakage[] = [
  {
    cause: 'retention',
    name: 'retention passed the snapshot but not the position',
    happens: (group, kafka) => deleteRecords(group, kafka, 100),
    resumesAt: 300,
  },
  {
    cause: 'retention',
    name: 'retention passed the position',
    happens: (group, kafka) => deleteRecords(group, kafka, 400),
    resumesAt: 400,
  },
  {
    cause: 'position_unreadable',
    name: 'the offsets were reset to the earliest by hand',
    happens: (group) => resetOffsets(group, '--to-earliest'),
    resumesAt: 0,
  },
  {
    cause: 'position_unreadable',
    name: 'the offsets were set to another by hand',
    happens: (group) => resetOffsets(group, '--to-offset', '450'),
    resumesAt: 450,
  },
  {
    cause: 'offset_beyond_end',
    name: 'the position is beyond the end',
    happens: async (group) => setPosition(group, { ...(await positionOf(group)), offset: 10_000 }),
    resumesAt: 500,
  },
  {
    cause: 'snapshot_missing',
    name: 'nothing is stored where the position says',
    happens: (group) => pointElsewhere(group, (pointer) => pointer.replace(/[\w-]+$/, 'another')),
    resumesAt: 300,
  },
  {
    cause: 'snapshot_missing',
    name: 'the position says a place beyond the end of the snapshot topic',
    happens: (group) => pointElsewhere(group, (pointer) => pointer.replace(/\d+-\d+/, '1000-1001')),
    resumesAt: 300,
  },
  {
    cause: 'snapshot_missing',
    name: 'the snapshot topic was deleted',
    happens: (group, kafka) => kafka.deleteTopic(group.snapshotTopic),
    resumesAt: 300,
  },
  {
    cause: 'snapshot_corrupt',
    name: 'a bit of the snapshot flipped',
    happens: async (group, kafka) => {
      const pointer = await aBlob(group, kafka, (bytes) =>
        Buffer.from(bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 0x10 : byte))),
      )
      await pointElsewhere(group, () => pointer)
    },
    resumesAt: 300,
  },
  {
    cause: 'snapshot_corrupt',
    name: 'the snapshot is something else',
    happens: async (group, kafka) => {
      const pointer = await aBlob(group, kafka, () => Buffer.from('not a snapshot'))
      await pointElsewhere(group, () => pointer)
    },
    resumesAt: 300,
  },
  {
    cause: 'log_recreated',
    name: 'the position is that of a topic which was deleted and created anew',
    happens: async (group, kafka) => {
      const position = await positionOf(group)
      await kafka.deleteTopic(group.topic)
      await createNamed(kafka, group.topic)
      await group.append(traffic(6, 400))
      await setPosition(group, position)
    },
    resumesAt: 0,
  },
]

kafkaTest.for(BREAKAGES)(
  '$name: counters begin again at 0 behind what was exposed ($cause)',
  async (breakage, { broker, kafka }) => {
    const { cause, happens, resumesAt } = breakage
    const group = await aKafkaGroup(broker)
    const first = await group.join()
    for (let hundred = 1; hundred <= 3; hundred++) await group.append(traffic(hundred, 100))
    await first.settled()
    expect(countersOn(await first.committedPage())).toStrictEqual(await group.expected())
    await first.crash()
    expect(await positionOf(group)).toMatchObject({ offset: 300 })
    for (let hundred = 4; hundred <= 5; hundred++) await group.append(traffic(hundred, 100))
    await happens(group, kafka)

    const second = await group.join()
    await second.settled()
    const page = await second.committedPage()
    expect(countersOn(page)).toStrictEqual(await group.expected({}, resumesAt))
    for (const other of LINEAGE_CAUSES) {
      expect([other, group.lineageResets(page, other)]).toStrictEqual([other, other === cause ? 1 : 0])
    }
    expect(second.linesSaying('the past cannot be rebuilt')).toMatchObject([{ level: 40, cause, partition: 0 }])

    await second.crash()
    const third = await group.join()
    await third.settled()
    const next = await third.committedPage()
    expect(countersOn(next)).toStrictEqual(countersOn(page))
    expect(group.lineageResets(next, cause)).toBe(0)
  },
)
