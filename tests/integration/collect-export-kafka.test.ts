import { expect, onTestFinished } from 'vitest'
import { TopicReader } from '../../consumer/log/kafka/topic-reader.ts'
import { aClickEvent, asUserEventsJson, at } from '../builders.ts'
import type { RecordWords } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { answerTo, serving } from '../served-log.ts'

const anEvent = (id: string): string => Buffer.from(asUserEventsJson(aClickEvent({ at: '09:00:00', id }))).toString()

/** Records of three partitions, one a second, in the order of their log times. */
const someRecords = (count: number): (RecordWords & { value: string })[] =>
  Array.from({ length: count }, (_, index) => ({
    value: anEvent(`event-${index}`),
    partition: (index * 7) % 3,
    timestampMs: at('09:00:00') + index * 1_000,
  }))

const aReader = (bootstrap: string, topic: string): TopicReader => {
  const connection = { brokers: bootstrap.split(','), clientId: 'a test', tls: undefined, sasl: undefined }
  const reader = new TopicReader(connection, topic)
  onTestFinished(() => reader.close())
  return reader
}

kafkaTest('an export holds a topic by log time, and /stats counts it', async ({ broker, kafka }) => {
  const topic = await kafka.createTopic({ partitions: 3 })
  const records = someRecords(500)
  await kafka.write(topic, records)
  const { url } = await serving(aReader(broker.bootstrap, topic))
  const { bytes } = await answerTo(`${url}/export?format=ndjson`)
  expect(String(bytes).split('\n').slice(0, -1)).toEqual(records.map(({ value }) => value))

  const statistics = JSON.parse(String((await answerTo(`${url}/stats`)).bytes))
  expect(statistics).toMatchObject({ total_events: 500, records_rejected: 0, caught_up: true })
  const newest = records.slice(-20).reverse()
  expect(statistics.recent_events).toEqual(newest.map(({ value }) => JSON.parse(value)))
})

kafkaTest('neither waits for a transaction that is still open', async ({ broker, kafka }) => {
  const topic = await kafka.createTopic()
  const transactionalId = `open-${topic}`
  await kafka.write(topic, [{ value: anEvent('before') }])
  const producer = kafka.kafka.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true })
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: [{ value: anEvent('open') }] })
  onTestFinished(() => transaction.abort())
  const { url } = await serving(aReader(broker.bootstrap, topic))
  expect(String((await answerTo(`${url}/export?format=ndjson`)).bytes)).toBe(`${anEvent('before')}\n`)
  const statistics = JSON.parse(String((await answerTo(`${url}/stats`)).bytes))
  expect(statistics).toMatchObject({ total_events: 1, caught_up: true })
})

kafkaTest('statistics forget a topic that was made again, with fewer partitions too', async ({ broker, kafka }) => {
  const topic = await kafka.createTopic({ partitions: 3 })
  await kafka.write(topic, someRecords(30))
  const { url } = await serving(aReader(broker.bootstrap, topic))
  const statistics = async () => JSON.parse(String((await answerTo(`${url}/stats`)).bytes))
  expect(await statistics()).toMatchObject({ total_events: 30, caught_up: true })

  await kafka.deleteTopic(topic)
  await until(async () => ((await statistics()).total_events === 0 ? true : undefined), 'the topic to be missed')
  await kafka.admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
  await kafka.write(topic, [{ value: anEvent('new') }])
  const counted = await until(async () => {
    const answer = await statistics()
    return answer.caught_up && answer.total_events > 0 ? answer : undefined
  }, 'the new topic to be counted')
  expect(counted).toMatchObject({ total_events: 1, recent_events: [JSON.parse(anEvent('new'))] })
})
