import { describe, expect, onTestFinished } from 'vitest'
import { kafkaClient } from '../../consumer/log/kafka/kafka-client.ts'
import type { NewRecord } from '../../consumer/log/port.ts'
import { KafkaSink } from '../../producer/kafka-sink.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import type { SharedBroker } from '../kafka/ladder.ts'

/** A sink that counts how often it asked for its topic. */
function openSink({ bootstrap }: SharedBroker, topic: string, topicReady: () => Promise<void> = async () => {}) {
  const connection = { brokers: bootstrap.split(','), clientId: 'test', tls: undefined, sasl: undefined }
  let asked = 0
  const sink = new KafkaSink({
    client: kafkaClient(connection),
    topic,
    compression: 'none',
    topicReady: () => {
      asked += 1
      return topicReady()
    },
  })
  onTestFinished(() => sink.close())
  return { sink, asked: () => asked }
}

const someRecords = (count: number, bytes = 10): NewRecord[] =>
  Array.from({ length: count }, (_, index) => ({ key: String(index), value: Buffer.from(`${index}`.padEnd(bytes)) }))

describe('a sink', () => {
  kafkaTest('asks for its topic before the first records only', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 3 })
    const { sink, asked } = openSink(broker, topic)
    expect(asked()).toBe(0)
    await sink.append(someRecords(5))
    await sink.append(someRecords(5))
    expect(asked()).toBe(1)
    expect(await kafka.readAll(topic)).toHaveLength(10)
    expect(sink.unconfirmed).toBe(0)
  })

  kafkaTest('takes more at once than a broker takes as one batch', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    await openSink(broker, topic).sink.append(someRecords(30, 100_000))
    const stored = (await kafka.readAll(topic)).map(({ value }) => Number(String(value)))
    expect(stored).toEqual(someRecords(30).map((_, index) => index))
  })

  kafkaTest('takes a record larger than it sends at once', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    await openSink(broker, topic).sink.append(someRecords(3, 600_000))
    expect(await kafka.readAll(topic)).toHaveLength(3)
  })

  kafkaTest('says what was sent in vain, and asks for the topic again', async ({ broker, kafka }) => {
    const topic = uniqueName('clicks')
    const { sink, asked } = openSink(broker, topic)
    await expect(sink.append(someRecords(7))).rejects.toThrow('This server does not host this topic-partition')
    expect(sink.unconfirmed).toBe(7)

    await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
    await sink.append(someRecords(7))
    expect([sink.unconfirmed, asked()]).toEqual([0, 2])
  })

  kafkaTest('whose topic is not there sends nothing, and fails as that does', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    let missing = true
    const { sink } = openSink(broker, topic, async () => {
      if (missing) throw new Error('not there yet')
    })
    await expect(sink.append(someRecords(2))).rejects.toThrow('not there yet')
    expect(sink.unconfirmed).toBe(0)
    missing = false
    await sink.append(someRecords(2))
    expect(await kafka.readAll(topic)).toHaveLength(2)
  })

  kafkaTest('that is stopped waits for no topic any more', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const { sink } = openSink(broker, topic, () => new Promise(() => {}))
    const waiting = sink.append(someRecords(2))
    sink.stopWaiting()
    await expect(waiting).rejects.toThrow('the producer is stopping')
    await expect(sink.append(someRecords(2))).rejects.toThrow('the producer is stopping')
    expect([sink.unconfirmed, await kafka.readAll(topic)]).toEqual([0, []])
  })

  kafkaTest('that is stopped while it sends still stores what it was given', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const { sink } = openSink(broker, topic)
    await sink.append(someRecords(1))
    const sending = sink.append(someRecords(30, 100_000))
    sink.stopWaiting()
    await sending
    expect(await kafka.readAll(topic)).toHaveLength(31)
  })
})
