import { describe, expect, onTestFinished } from 'vitest'
import { TopicWriter } from '../../consumer/log/kafka/topic-writer.ts'
import type { NewRecord } from '../../consumer/log/port.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import type { SharedBroker } from '../kafka/ladder.ts'

/** A writer that counts how often it asked for its topic. */
function openWriter({ bootstrap }: SharedBroker, topic: string, topicReady: () => Promise<void> = async () => {}) {
  const connection = { brokers: bootstrap.split(','), clientId: 'test', tls: undefined, sasl: undefined }
  let asked = 0
  const writer = new TopicWriter({
    connection,
    topic,
    compression: 'none',
    topicReady: () => {
      asked += 1
      return topicReady()
    },
  })
  onTestFinished(() => writer.close())
  return { writer, asked: () => asked }
}

const someRecords = (count: number, bytes = 10): NewRecord[] =>
  Array.from({ length: count }, (_, index) => ({ key: String(index), value: Buffer.from(`${index}`.padEnd(bytes)) }))

describe('a writer', () => {
  kafkaTest('asks for its topic before the first records only', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 3 })
    const { writer, asked } = openWriter(broker, topic)
    expect(asked()).toBe(0)
    await writer.append(someRecords(5))
    await writer.append(someRecords(5))
    expect(asked()).toBe(1)
    expect(await kafka.readAll(topic)).toHaveLength(10)
    expect(writer.unconfirmed).toBe(0)
  })

  kafkaTest('takes more at once than a broker takes as one batch', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    await openWriter(broker, topic).writer.append(someRecords(30, 100_000))
    const stored = (await kafka.readAll(topic)).map(({ value }) => Number(String(value)))
    expect(stored).toEqual(someRecords(30).map((_, index) => index))
  })

  kafkaTest('takes a record larger than it sends at once', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    await openWriter(broker, topic).writer.append(someRecords(3, 600_000))
    expect(await kafka.readAll(topic)).toHaveLength(3)
  })

  kafkaTest('says what was sent in vain, and asks for the topic again', async ({ broker, kafka }) => {
    const topic = uniqueName('clicks')
    const { writer, asked } = openWriter(broker, topic)
    await expect(writer.append(someRecords(7))).rejects.toThrow('This server does not host this topic-partition')
    expect(writer.unconfirmed).toBe(7)

    await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
    await writer.append(someRecords(7))
    expect([writer.unconfirmed, asked()]).toEqual([0, 2])
  })

  kafkaTest('whose topic is not there sends nothing, and fails as that does', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    let missing = true
    const { writer } = openWriter(broker, topic, async () => {
      if (missing) throw new Error('not there yet')
    })
    await expect(writer.append(someRecords(2))).rejects.toThrow('not there yet')
    expect(writer.unconfirmed).toBe(0)
    missing = false
    await writer.append(someRecords(2))
    expect(await kafka.readAll(topic)).toHaveLength(2)
  })

  kafkaTest('that is stopped waits for no topic any more', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const { writer } = openWriter(broker, topic, () => new Promise(() => {}))
    const waiting = writer.append(someRecords(2))
    writer.stopWaiting()
    await expect(waiting).rejects.toThrow('the writer of the topic is stopping')
    await expect(writer.append(someRecords(2))).rejects.toThrow('the writer of the topic is stopping')
    expect([writer.unconfirmed, await kafka.readAll(topic)]).toEqual([0, []])
  })

  kafkaTest('that is stopped while it sends still stores what it was given', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    const { writer } = openWriter(broker, topic)
    await writer.append(someRecords(1))
    const sending = writer.append(someRecords(30, 100_000))
    writer.stopWaiting()
    await sending
    expect(await kafka.readAll(topic)).toHaveLength(31)
  })
})
