import { expect, onTestFinished } from 'vitest'
import { IdempotentWriter } from '../../consumer/log/kafka/idempotent-writer.ts'
import type { CollectedRecord } from '../../producer/collect/collected-record.ts'
import { Intake } from '../../producer/collect/intake.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'

const steadyNow = (): number => performance.now()
const aRecord = (id: string, bytes = 10): CollectedRecord => ({
  key: `user-${id}`,
  value: Buffer.from(id.padEnd(bytes)),
  identity: id,
})

kafkaTest('what was stored of an append that failed is not written again', async ({ broker, kafka }) => {
  const topic = await kafka.createTopic({ partitions: 2 })
  const connection = { brokers: [broker.bootstrap], clientId: 'test', tls: undefined, sasl: undefined }
  const topicReady = async (): Promise<void> => {}
  const writer = new IdempotentWriter({ connection, topic, compression: 'none', topicReady, steadyNow })
  onTestFinished(() => writer.close())
  await writer.connect()
  // The writer has asked what the topic takes, and will not ask again soon.
  await kafka.limitBatches(topic, 5_000)
  const ids = async () => (await kafka.readAll(topic)).map(({ value }) => String(value).trim()).sort()
  const before = await ids()

  const intake = new Intake({ log: writer, appendTimeoutMs: 60_000, steadyNow })
  const small = Array.from({ length: 20 }, (_, index) => aRecord(`small-${index}`))
  await expect(intake.accept([...small, aRecord('large', 6_000)], () => {})).rejects.toMatchObject({ status: 503 })
  expect(await intake.accept(small, () => {})).toEqual({ duplicates: 20 })
  expect(await ids()).toEqual([...before, ...small.map(({ identity }) => identity)].sort())
})
