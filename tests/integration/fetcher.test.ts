import { expect, onTestFinished } from 'vitest'
import { TopicReader } from '../../consumer/log/kafka/topic-reader.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'

kafkaTest(
  'a read that comes after its assignment was lost takes nothing from who reads there now',
  async ({ broker, kafka }) => {
    const topic = await kafka.createTopic()
    await kafka.write(topic, [{ value: 'before' }])
    const connection = { brokers: broker.bootstrap.split(','), clientId: 'test', tls: undefined, sasl: undefined }
    const reader = new TopicReader(connection, topic)
    onTestFinished(() => reader.close())
    const { signal } = new AbortController()
    expect((await reader.read(0, 0, signal)).nextOffset).toBe(1)

    const waiting = reader.read(0, 1, signal)
    expect((await reader.read(0, 0, AbortSignal.abort())).records).toStrictEqual([])
    expect((await waiting).nextOffset).toBe(1)
    await kafka.write(topic, [{ value: 'after' }])
    const { records } = await until(async () => {
      const batch = await reader.read(0, 1, signal)
      return batch.records.length > 0 ? batch : undefined
    }, 'the next record')
    expect(records.map(({ offset }) => offset)).toStrictEqual([1])
  },
)
