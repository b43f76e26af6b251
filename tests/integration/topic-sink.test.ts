import { describe, expect, onTestFinished } from 'vitest'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import { SinkRefused } from '../../producer/sinks/sink.ts'
import { TopicSink } from '../../producer/sinks/topic-sink.ts'
import { connectKafka, uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'

function openSink(bootstrap: string, topic: string, topicReady: () => Promise<void> = async () => {}): TopicSink {
  const connection = { brokers: bootstrap.split(','), clientId: 'test', tls: undefined, sasl: undefined }
  const steadyNow = (): number => performance.now()
  const sink = new TopicSink({ connection, topic, compression: 'none', topicReady, steadyNow })
  onTestFinished(() => sink.close())
  return sink
}

const someRecords = (count: number, bytes = 10): NewRecord[] =>
  Array.from({ length: count }, (_, index) => ({ key: String(index), value: Buffer.from(`${index}`.padEnd(bytes)) }))

/** Gives the sink the same records until it takes them. */
const untilTaken = (sink: TopicSink, records: readonly NewRecord[]): Promise<true> =>
  until(
    () =>
      sink.append(records).then(
        () => true as const,
        () => undefined,
      ),
    'the records to be taken',
  )

describe('a topic as a sink', () => {
  kafkaTest('has what it was given, and nothing is uncertain', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 3 })
    const sink = openSink(broker.bootstrap, topic)
    await sink.append(someRecords(5))
    await sink.append(someRecords(5))
    expect(await kafka.readAll(topic)).toHaveLength(10)
    expect(sink.unconfirmed).toBe(0)
  })

  kafkaTest(
    'that is missing fails with why, and takes the same records once it is there',
    async ({ broker, kafka }) => {
      const topic = uniqueName('clicks')
      let isThere = false
      const sink = openSink(broker.bootstrap, topic, async () => {
        if (!isThere) throw new Error('not there yet')
      })
      const records = someRecords(7)
      await expect(sink.append(records)).rejects.toThrow('not there yet')
      await expect(sink.append(records)).rejects.toThrow('not there yet')
      expect(sink.unconfirmed).toBe(0)

      await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
      isThere = true
      await untilTaken(sink, records)
      expect(await kafka.readAll(topic)).toHaveLength(7)
    },
  )

  kafkaTest(
    'whose broker hangs has what was tried again once, and says what is uncertain meanwhile',
    async ({ startOwn }) => {
      const broker = await startOwn()
      const kafka = await connectKafka(broker.bootstrap)
      onTestFinished(() => kafka.disconnect())
      const topic = await kafka.createTopic()
      const sink = openSink(broker.bootstrap, topic)
      await sink.append(someRecords(1))

      broker.pause()
      const records = someRecords(300, 10_000)
      await expect(sink.append(records)).rejects.toThrow('no answer for')
      expect(sink.unconfirmed).toBe(300)
      await expect(sink.append(records)).rejects.toThrow()
      broker.resume()

      await untilTaken(sink, records)
      expect(sink.unconfirmed).toBe(0)
      expect(await kafka.readAll(topic)).toHaveLength(301)
    },
  )

  kafkaTest('refuses a record that it will never take', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ configs: { 'max.message.bytes': '20000' } })
    const sink = openSink(broker.bootstrap, topic)
    const refused = await sink.append(someRecords(1, 30_000)).catch((error) => error)
    expect(refused).toBeInstanceOf(SinkRefused)
    expect(refused.message).toContain('raise its max.message.bytes')
    await sink.append(someRecords(3))
    expect([sink.unconfirmed, (await kafka.readAll(topic)).length]).toEqual([0, 3])
  })

  kafkaTest('has what it stored of an append that failed once', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 4 })
    const sink = openSink(broker.bootstrap, topic)
    await sink.append(someRecords(1))
    // The sink has asked what the topic takes, and will not ask again soon.
    await kafka.limitBatches(topic, 5_000)
    const before = (await kafka.readAll(topic)).length
    const records = [...someRecords(20), { key: 'ann', value: Buffer.alloc(6_000, 'x') }]
    await expect(sink.append(records)).rejects.toThrow('other records of the same append are in the log')
    const stored = (await kafka.readAll(topic)).length - before
    expect(stored).toBeGreaterThan(0)
    expect(sink.unconfirmed).toBe(21 - stored)

    await kafka.setConfig(topic, 'max.message.bytes', 1_000_000)
    await untilTaken(sink, records)
    expect([sink.unconfirmed, (await kafka.readAll(topic)).length - before]).toEqual([0, 21])
  })

  kafkaTest('that is stopped waits for no topic any more', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const sink = openSink(broker.bootstrap, topic, () => new Promise(() => {}))
    const waiting = sink.append(someRecords(2))
    sink.stopWaiting()
    await expect(waiting).rejects.toThrow('the producer is stopping')
    await expect(sink.append(someRecords(2))).rejects.toThrow('the producer is stopping')
    expect([sink.unconfirmed, await kafka.readAll(topic)]).toEqual([0, []])
  })

  kafkaTest('that is stopped while it sends still stores what it was given', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const sink = openSink(broker.bootstrap, topic)
    await sink.append(someRecords(1))
    const sending = sink.append(someRecords(30, 100_000))
    await until(async () => (sink.unconfirmed > 0 ? true : undefined), 'records to be sent')
    sink.stopWaiting()
    await sending
    expect(await kafka.readAll(topic)).toHaveLength(31)
  })
})
