import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import { fetchRequest } from '../../consumer/log/kafka/fetch-request.ts'
import { sendRaw } from '../../consumer/log/kafka/kafkajs-internals.ts'
import { Nodes } from '../../consumer/log/kafka/nodes.ts'
import { TopicView } from '../../consumer/log/kafka/topic-view.ts'
import type { ReferenceEvent } from '../../producer/oracle/event.ts'
import { aClickEvent, asUserEventsJson } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { trafficOfHour } from '../disordered-traffic.ts'
import type { RecordWords } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { referenceSeries } from '../reference-series.ts'
import { aKafkaGroup, countersOn, type KafkaGroup } from './kafka-member.ts'

const recordOf = (event: ReferenceEvent): RecordWords => ({
  key: event.user,
  value: Buffer.from(asUserEventsJson(event)),
  timestampMs: event.logTimeMs,
})

/** The event's record with a field that nothing reads. */
const withNote = (event: ReferenceEvent, note: string): RecordWords => {
  const record = recordOf(event)
  return { ...record, value: `${String(record.value).slice(0, -1)},"note":"${note}"}` }
}

/** What the page must show when the only partition holds these events and nothing else that counts. */
const expectedOf = ({ group, topic }: KafkaGroup, events: readonly ReferenceEvent[]): Record<string, number> =>
  referenceSeries(events, aReferenceRun({ appendTime: false }), { group, topic, partition: '0' })

describe('what a batch is written with', () => {
  /** The codec that the first batch of the topic is stored with, by its number. */
  async function storedCodec({ bootstrap, topic }: KafkaGroup): Promise<number> {
    const connection = { brokers: bootstrap.split(','), clientId: 'a test', tls: undefined, sasl: undefined }
    const nodes = new Nodes(connection, 10_000)
    try {
      const view = new TopicView(nodes, topic)
      const { id: topicId } = await view.current()
      const request = fetchRequest({
        topic,
        topicId,
        from: new Map([[0, 0]]),
        partitionBytes: 1_024,
        responseBytes: 1_024,
        minBytes: 1,
        waitMs: 1_000,
      })
      const [answer] = await sendRaw(await nodes.node(await view.leaderOf(0)), request)
      return answer!.records.readInt16BE(21) & 7
    } finally {
      await nodes.close()
    }
  }

  kafkaTest.for([
    ['uncompressed', 0],
    ['gzip', 1],
    ['snappy', 2],
    ['lz4', 3],
    ['zstd', 4],
  ] as const)('%s counts the same, compressed by the broker', async ([codec, number], { broker, kafka }) => {
    const events = trafficOfHour(number, 1_000)
    const group = await aKafkaGroup(broker, { configs: { 'compression.type': codec } })
    // Some longer than the blocks of the codecs, with what repeats and what does not.
    const notes = ['x'.repeat(70_000), randomBytes(50_000).toString('hex')]
    const records = events.map((event, index) => (index < 4 ? withNote(event, notes[index % 2]!) : recordOf(event)))
    await kafka.write(group.topic, records)
    expect(await storedCodec(group)).toBe(number)

    const member = await group.join()
    await member.settled()
    expect(countersOn(await member.committedPage())).toStrictEqual(expectedOf(group, events))
  })

  kafkaTest.for(['gzip', 'zstd'] as const)('%s of a producer counts the same', async (codec, { broker, kafka }) => {
    const events = trafficOfHour(5, 1_000)
    const group = await aKafkaGroup(broker)
    await kafka.write(group.topic, events.map(recordOf), { codec })
    const member = await group.join()
    await member.settled()
    expect(countersOn(await member.committedPage())).toStrictEqual(expectedOf(group, events))
  })
})

kafkaTest(
  'a record larger than what is asked for at once is read, and so is all around it',
  async ({ broker, kafka }) => {
    const group = await aKafkaGroup(broker)
    const events = trafficOfHour(1, 60)
    const records = events.map((event, index) =>
      index % 20 === 10 ? withNote(event, 'x'.repeat(200_000)) : recordOf(event),
    )
    await kafka.write(group.topic, records)
    const member = await group.join({ kafka: { fetchBytes: 1_024 } })
    await member.settled()
    expect(countersOn(await member.committedPage())).toStrictEqual(expectedOf(group, events))
  },
)

describe('a record that is no event', () => {
  const POISON: readonly [what: string, value: Buffer | null, reason: string][] = [
    ['an event in Latin-1', Buffer.from('{"user_id":1,"page":"/caf\xe9"}', 'latin1'), 'invalid_utf8'],
    ['text that is no JSON', Buffer.from('GET /favicon.ico HTTP/1.1'), 'malformed_json'],
    ['half an event', Buffer.from(asUserEventsJson(aClickEvent({ at: '09:00:00' })).subarray(0, 40)), 'malformed_json'],
    ['JSON nested a hundred thousand deep', Buffer.from(`{"user_id":${'['.repeat(100_000)}`), 'too_deep'],
    ['900 KB that do not compress', Buffer.from(`"${randomBytes(450_000).toString('hex')}`), 'malformed_json'],
    ['another object', Buffer.from('{"hello":"world"}'), 'missing_user'],
    ['a tombstone', null, 'empty'],
    ['an empty value', Buffer.alloc(0), 'empty'],
  ]

  kafkaTest('is counted with its reason, kept byte for byte, and the partition goes on', async ({ broker, kafka }) => {
    const group = await aKafkaGroup(broker)
    const good = trafficOfHour(1, POISON.length)
    await kafka.write(
      group.topic,
      POISON.flatMap(([, value], index) => [{ key: 'someone', value }, recordOf(good[index]!)]),
    )
    const member = await group.join()
    await member.settled()
    const page = await member.committedPage()

    const counters = expectedOf(group, good)
    counters[group.series('records_consumed_total')]! += POISON.length
    for (const [, , reason] of POISON) {
      const key = group.series('records_rejected_total', { reason })
      counters[key] = (counters[key] ?? 0) + 1
    }
    expect(countersOn(page)).toStrictEqual(counters)
    const letters = (await kafka.readAll(group.deadLetterTopic)).filter(
      ({ headers }) => String(headers.reason) !== 'future_dated',
    )
    expect(
      letters.map(({ key, value, headers }) => ({
        key: String(key),
        value: value?.toString('hex'),
        headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
      })),
    ).toStrictEqual(
      POISON.map(([, value, reason], index) => ({
        key: `${group.topic}/0/${2 * index}`,
        value: value === null ? '' : value.toString('hex'),
        headers: { reason, topic: group.topic, partition: '0', offset: String(2 * index) },
      })),
    )
  })

  kafkaTest('is cut where it is larger than the dead letters may be', async ({ broker, kafka }) => {
    const group = await aKafkaGroup(broker, { configs: { 'max.message.bytes': 4_000_000 } })
    const huge = randomBytes(1_500_000)
    const events = trafficOfHour(1, 20)
    await kafka.write(group.topic, [
      { key: 'someone', value: huge },
      { key: 'someone', value: Buffer.from('small') },
      ...events.map(recordOf),
    ])
    const member = await group.join()
    await member.settled()
    const page = await member.committedPage()
    expect(page.get(group.series('records_rejected_total', { reason: 'too_large' }))).toBe(1)
    expect(page.get(group.series('records_consumed_total'))).toBe(22)

    const [cut, whole] = await kafka.readAll(group.deadLetterTopic)
    expect(cut!.value!.equals(huge.subarray(0, 100_000))).toBe(true)
    expect(String(cut!.headers.cut_from_bytes)).toBe('1500000')
    expect([String(whole!.value), whole!.headers.cut_from_bytes]).toStrictEqual(['small', undefined])
  })
})
