import { describe, expect } from 'vitest'
import { topicReady, type WantedTopic } from '../../consumer/log/kafka/topic-ready.ts'
import { sourceTopicPlan } from '../../consumer/log/kafka/topics.ts'
import { freePort } from '../kafka/free-port.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'

interface TopicWords {
  bootstrap: string
  topic?: string
  partitions?: number
  replication?: number
  mayCreate?: boolean
}

function aTopic({ bootstrap, topic = uniqueName('clicks'), ...words }: TopicWords): WantedTopic {
  const { partitions = 3, replication = -1, mayCreate = true } = words
  const connection = { brokers: bootstrap.split(','), clientId: 'test', tls: undefined, sasl: undefined }
  const plan = sourceTopicPlan(topic, { partitions, replication, retentionMs: 3_600_000 })
  return { connection, plan, mayCreate }
}

describe('a topic', () => {
  kafkaTest('that is missing is created as planned', async ({ broker, kafka }) => {
    const wanted = aTopic({ bootstrap: broker.bootstrap })
    await topicReady(wanted)
    expect(await kafka.admin.fetchTopicOffsets(wanted.plan.topic)).toHaveLength(3)
  })

  kafkaTest('that is there stays as it is', async ({ broker, kafka }) => {
    const topic = await kafka.createTopic({ partitions: 2 })
    await topicReady(aTopic({ bootstrap: broker.bootstrap, topic }))
    await topicReady(aTopic({ bootstrap: broker.bootstrap, topic, mayCreate: false }))
    expect(await kafka.admin.fetchTopicOffsets(topic)).toHaveLength(2)
  })

  kafkaTest('that may not be created is left to others, with the command', async ({ broker, kafka }) => {
    const wanted = aTopic({ bootstrap: broker.bootstrap, mayCreate: false })
    const { topic } = wanted.plan
    await expect(topicReady(wanted)).rejects.toThrow(
      `topic ${topic} is missing; run: kafka-topics.sh --bootstrap-server ${broker.bootstrap.split(',')[0]} --create ` +
        `--topic ${topic} --partitions 3 --config message.timestamp.type=LogAppendTime --config retention.ms=3600000`,
    )
    expect(await kafka.admin.listTopics()).not.toContain(topic)
  })

  kafkaTest('that the brokers will not create is told with their reason', async ({ broker }) => {
    const wanted = aTopic({ bootstrap: broker.bootstrap, replication: 1_000 })
    await expect(topicReady(wanted)).rejects.toThrow(
      new RegExp(`^topic ${wanted.plan.topic} is missing and cannot be created \\(.+\\); run: kafka-topics.sh`),
    )
  })

  kafkaTest('nobody can be asked about is told with where nobody answered', async () => {
    const bootstrap = `127.0.0.1:${await freePort()}`
    await expect(topicReady(aTopic({ bootstrap }))).rejects.toThrow(`no broker can be reached: ${bootstrap}`)
  })
})
