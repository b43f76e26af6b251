import { expect, onTestFinished } from 'vitest'
import type { ReferenceEvent } from '../../producer/oracle/event.ts'
import { asUserEventsJson } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { trafficOfHour } from '../disordered-traffic.ts'
import { type KafkaClient, type RecordWords, uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { referenceSeries } from '../reference-series.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, countersOn, type KafkaGroup, type KafkaMember } from './kafka-member.ts'

const recordOf = (event: ReferenceEvent): RecordWords => ({
  key: event.user,
  value: Buffer.from(asUserEventsJson(event)),
  timestampMs: event.logTimeMs,
})

/** What the page must show when the only partition holds these events and nothing else that counts. */
const expectedOf = ({ group, topic }: KafkaGroup, events: readonly ReferenceEvent[]): Record<string, number> =>
  referenceSeries(events, aReferenceRun({ appendTime: false }), { group, topic, partition: '0' })

/** A transaction of a producer of its own, so that several can be open at once. */
async function begin({ kafka }: KafkaClient, { topic }: KafkaGroup) {
  const producer = kafka.producer({
    transactionalId: uniqueName('transaction'),
    maxInFlightRequests: 1,
    idempotent: true,
    allowAutoTopicCreation: false,
  })
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  const transaction = await producer.transaction()
  return {
    async write(events: readonly ReferenceEvent[]): Promise<void> {
      const messages = events.map((event) => {
        const { timestampMs, ...message } = recordOf(event)
        return { ...message, timestamp: String(timestampMs) }
      })
      await transaction.send({ topic, messages, acks: -1 })
    },
    end: (how: 'commit' | 'abort'): Promise<void> => transaction[how](),
  }
}

/** The numbers once they are those of that position: a transaction is confirmed a moment before it has ended in the log. */
const pageAt = (offset: number, member: KafkaMember, group: KafkaGroup) =>
  until(async () => {
    const page = await member.nextPage()
    return page.get(group.series('position_offset')) === offset ? page : undefined
  }, `the position to be ${offset}`)

kafkaTest(
  'only what was committed counts, and the position reaches the end all the same',
  async ({ broker, kafka }) => {
    const group = await aKafkaGroup(broker)
    const [first, second, third] = [trafficOfHour(1, 200), trafficOfHour(2, 200), trafficOfHour(3, 200)]
    const [kept, dropped] = [await begin(kafka, group), await begin(kafka, group)]
    await kept.write(first.slice(0, 100))
    await dropped.write(trafficOfHour(7, 50))
    await group.append(second.slice(0, 100))
    await kept.write(first.slice(100))
    await dropped.write(trafficOfHour(8, 50))
    await dropped.end('abort')
    await group.append(second.slice(100))
    await kept.end('commit')

    const member = await group.join()
    await pageAt(502, member, group)
    // A transaction of which nothing remains, at the end, where no record comes after it any more.
    const vain = await begin(kafka, group)
    await vain.write(trafficOfHour(9, 50))
    await vain.end('abort')
    const later = await begin(kafka, group)
    await later.write(third)
    await later.end('commit')

    // Of 750 records 150 were aborted; each of four transactions ended with a marker.
    const page = await pageAt(754, member, group)
    const committed = [first.slice(0, 100), second.slice(0, 100), first.slice(100), second.slice(100), third].flat()
    expect(countersOn(page)).toStrictEqual(expectedOf(group, committed))
    expect(countersOn(page)).toStrictEqual(await group.expected())
    expect(page.get(group.series('kafka_consumer_lag_records'))).toBe(0)
    expect(page.get(group.series('caught_up'))).toBe(1)
  },
)

kafkaTest('a topic that holds nothing but aborted records is read to its end', async ({ broker, kafka }) => {
  const group = await aKafkaGroup(broker)
  await kafka.write(group.topic, trafficOfHour(1, 30).map(recordOf), { transaction: 'abort' })
  const member = await group.join()
  expect(countersOn(await pageAt(31, member, group))).toStrictEqual({})
  await member.crash()

  const next = await group.join()
  expect(countersOn(await pageAt(31, next, group))).toStrictEqual({})
  const lagIsNone = async () => (await next.page()).get(group.series('kafka_consumer_lag_records')) === 0 || undefined
  await until(lagIsNone, 'the end to be seen')
})

kafkaTest(
  'an open one is waited for, which is no idleness, and what lies behind it counts after it',
  async ({ broker, kafka }) => {
    const group = await aKafkaGroup(broker)
    const [before, inside, behind] = [trafficOfHour(1, 100), trafficOfHour(2, 100), trafficOfHour(3, 100)]
    await group.append(before)
    const open = await begin(kafka, group)
    await open.write(inside)
    await group.append(behind)

    let emptyReads = 0
    const member = await group.join({
      idleAfterMs: 60_000,
      faults: (log) => ({
        async read(...call) {
          const batch = await log.read(...call)
          if (batch.records.length === 0 && batch.nextOffset === 100) emptyReads++
          return batch
        },
      }),
    })
    await until(async () => (emptyReads >= 3 ? true : undefined), 'the open transaction to be waited for')
    group.nowMs += 3_600_000
    const reads = emptyReads
    await until(async () => (emptyReads >= reads + 3 ? true : undefined), 'reads an hour later')
    const waiting = await member.committedPage()
    expect(countersOn(waiting)).toStrictEqual(expectedOf(group, before))
    expect(waiting.get(group.series('position_offset'))).toBe(100)
    expect(waiting.get(group.series('kafka_consumer_lag_records'))).toBe(200)
    expect(waiting.get(group.series('caught_up'))).toBe(0)

    await open.end('commit')
    const page = await pageAt(301, member, group)
    expect(countersOn(page)).toStrictEqual(expectedOf(group, [...before, ...inside, ...behind]))
    expect(page.get(group.series('kafka_consumer_lag_records'))).toBe(0)
    expect(page.get(group.series('caught_up'))).toBe(1)
  },
)
