import fc from 'fast-check'
import { Kafka } from 'kafkajs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { endsOf, readTopic, type TopicReading, UnreadableTopic } from '../../consumer/log/kafka/read-topic.ts'
import { TopicMissing } from '../../consumer/log/kafka/topic-view.ts'
import { freePort } from '../kafka/free-port.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import type { SharedBroker } from '../kafka/ladder.ts'
import { until } from '../running-start.ts'

type ReadingWords = Partial<Pick<TopicReading, 'startFrom' | 'limit'>>

const reading = (
  { bootstrap }: Pick<SharedBroker, 'bootstrap'>,
  topic: string,
  { startFrom = 'earliest', limit = 1_000 }: ReadingWords = {},
): TopicReading => ({
  connection: { brokers: bootstrap.split(','), clientId: 'test', tls: undefined, sasl: undefined },
  topic,
  startFrom,
  limit,
})

/** Partition/offset and value of every record. */
async function allOf(options: TopicReading): Promise<string[]> {
  const texts: string[] = []
  for await (const { partition, offset, bytes, start, end } of readTopic(options)) {
    texts.push(`${partition}/${offset} ${Buffer.from(bytes.subarray(start, end))}`)
  }
  return texts
}

describe('a topic is read', () => {
  kafkaTest('by log time over all partitions, in order within each', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 3 })
    await kafka.write(topic, [
      { partition: 2, value: 'first', timestampMs: 1_000 },
      { partition: 2, value: 'sixth', timestampMs: 5_000 },
      { partition: 2, value: 'out of order', timestampMs: 1_500 },
      { partition: 0, value: 'second', timestampMs: 2_000 },
      { partition: 0, value: 'third', timestampMs: 3_000 },
      { partition: 0, value: 'fifth', timestampMs: 4_000 },
      { partition: 1, value: 'fourth', timestampMs: 3_000 },
    ])
    expect(await allOf(reading(broker, topic))).toEqual([
      '2/0 first',
      '0/0 second',
      '0/1 third',
      '1/0 fourth',
      '0/2 fifth',
      '2/1 sixth',
      '2/2 out of order',
    ])
  })

  kafkaTest('from a time on, in each partition from its first record not older', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 3 })
    await kafka.write(topic, [
      { partition: 0, value: 'before', timestampMs: 1_999 },
      { partition: 0, value: 'then', timestampMs: 2_000 },
      { partition: 1, value: 'after', timestampMs: 3_000 },
      { partition: 2, value: 'long before', timestampMs: 1_000 },
    ])
    expect(await allOf(reading(broker, topic, { startFrom: 2_000 }))).toEqual(['0/1 then', '1/0 after'])
    expect(await allOf(reading(broker, topic, { startFrom: 3_001 }))).toEqual([])
  })

  kafkaTest('from its end back, as many records as are wanted', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 3 })
    await kafka.write(topic, [
      ...['a', 'b', 'c', 'd'].map((value, index) => ({ partition: 0, value, timestampMs: 1_000 + index })),
      { partition: 2, value: 'z', timestampMs: 1 },
    ])
    expect(await allOf(reading(broker, topic, { startFrom: 'latest', limit: 3 }))).toEqual(['2/0 z', '0/2 c', '0/3 d'])
    expect(await allOf(reading(broker, topic, { startFrom: 'latest', limit: 5 }))).toHaveLength(5)
  })

  kafkaTest('up to its end when the reading began', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    await kafka.write(topic, [{ value: 'there' }, { value: 'there too' }])
    const texts: string[] = []
    for await (const { offset } of readTopic(reading(broker, topic))) {
      await kafka.write(topic, [{ value: 'later' }])
      texts.push(`${offset}`)
    }
    expect(texts).toEqual(['0', '1'])
    expect(await allOf(reading(broker, topic))).toHaveLength(4)
  })

  kafkaTest('over many answers, whatever the codec', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 2 })
    const values = Array.from({ length: 60 }, (_, index) => `${index}`.padEnd(20_000))
    for (const codec of ['none', 'gzip', 'zstd'] as const) {
      for (const value of values) await kafka.write(topic, [{ partition: 1, value }], { codec })
    }
    expect(await allOf(reading(broker, topic))).toEqual(
      [...values, ...values, ...values].map((value, at) => `1/${at} ${value}`),
    )
  })

  kafkaTest('with whose word the log time is', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const beforeMs = Date.now()
    await kafka.write(topic, [{ value: 'x', timestampMs: 1_000 }])
    await kafka.setConfig(topic, 'message.timestamp.type', 'LogAppendTime')
    const times = await until(async () => {
      await kafka.write(topic, [{ value: 'y', timestampMs: 1_000 }])
      const read: [boolean, number][] = []
      for await (const { appendTime, logTimeMs } of readTopic(reading(broker, topic)))
        read.push([appendTime, logTimeMs])
      return read.at(-1)![0] ? read : undefined
    }, 'the broker to tell the time')
    const byClients = times.slice(0, -1)
    expect(byClients).toEqual(byClients.map(() => [false, 1_000]))
    expect(times.at(-1)).toEqual([true, expect.any(Number)])
    expect(times.at(-1)![1]).toBeGreaterThanOrEqual(beforeMs - 1_000)
  })

  kafkaTest('without what transactions aborted, up to where one is still open', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 2 })
    await kafka.write(topic, [{ partition: 0, value: 'aborted' }], { transaction: 'abort' })
    await kafka.write(topic, [{ partition: 0, value: 'committed' }], { transaction: 'commit' })
    await kafka.write(topic, [{ partition: 1, value: 'plain' }])
    const client = new Kafka({ brokers: broker.bootstrap.split(','), logLevel: 0 })
    const producer = client.producer({ transactionalId: uniqueName('open'), maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    onTestFinished(() => producer.disconnect())
    const open = await producer.transaction()
    await open.send({ topic, messages: [{ partition: 0, value: 'undecided' }] })
    await kafka.write(topic, [{ partition: 0, value: 'behind it' }])

    const values = (await allOf(reading(broker, topic))).map((text) => text.slice(4))
    expect(values.sort()).toEqual(['committed', 'plain'])
    await open.abort()
  })

  kafkaTest('from its first record left, when others are deleted meanwhile', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    // Larger than one answer: what comes next is not fetched before it is asked for.
    const value = 'x'.repeat(700_000)
    for (let count = 0; count < 4; count++) await kafka.write(topic, [{ value }])
    // kafkajs finds no leader of a topic it never heard of.
    await kafka.admin.fetchTopicOffsets(topic)
    const offsets: number[] = []
    for await (const { offset } of readTopic(reading(broker, topic))) {
      offsets.push(offset)
      if (offset === 0) await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
    }
    expect(offsets).toEqual([0, 3])
  })

  kafkaTest('and left, whoever has seen enough', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 4 })
    await kafka.write(topic, [{ value: 'x' }, { value: 'y' }])
    for await (const { offset } of readTopic(reading(broker, topic))) {
      expect(offset).toBe(0)
      break
    }
  })
})

describe('a topic is not read', () => {
  kafkaTest('when there is none', async ({ broker }) => {
    const topic = uniqueName('clicks')
    const failed = await allOf(reading(broker, topic)).catch((error) => error)
    expect(failed).toEqual(new UnreadableTopic(new TopicMissing(topic)))
    expect(failed.message).toBe(`topic ${topic} does not exist`)
  })

  test('when no broker answers', async () => {
    const bootstrap = `127.0.0.1:${await freePort()}`
    await expect(allOf(reading({ bootstrap }, 'clicks'))).rejects.toThrow(`no broker can be reached: ${bootstrap} (`)
  })

  kafkaTest('any further when it is deleted meanwhile', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const value = 'x'.repeat(700_000)
    for (let count = 0; count < 3; count++) await kafka.write(topic, [{ value }])
    const records = readTopic(reading(broker, topic))
    await records.next()
    await kafka.deleteTopic(topic)
    await expect(records.next()).rejects.toThrow(UnreadableTopic)
  })
})

describe('the ends of ranges', () => {
  const range = fc.record({ partition: fc.nat(9), from: fc.nat(100), length: fc.nat(50) })
  const ranges = fc.array(range.map(({ partition, from, length }) => ({ partition, from, to: from + length })))
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
  const lengths = (of: readonly { from: number; to: number }[]): number[] => of.map(({ from, to }) => to - from)

  test('are as long as wanted in all, if there is so much, and none is longer than a range that was not taken whole', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 400 }), (whole, limit) => {
        const ends = endsOf(whole, limit)
        expect(sum(lengths(ends))).toBe(Math.min(limit, sum(lengths(whole))))
        const cut = ends.filter((end) => !whole.some(({ from, to }) => from === end.from && to === end.to))
        for (const shorter of lengths(cut)) expect(Math.max(...lengths(ends)) - shorter).toBeLessThanOrEqual(1)
      }),
    )
  })
})
