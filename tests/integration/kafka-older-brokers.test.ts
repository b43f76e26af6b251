import { expect } from 'vitest'
import { Fetcher } from '../../consumer/log/kafka/fetcher.ts'
import { Nodes } from '../../consumer/log/kafka/nodes.ts'
import { readRange, topicBounds } from '../../consumer/log/kafka/topic-access.ts'
import { TopicView } from '../../consumer/log/kafka/topic-view.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'

const METADATA = 3

/** Connections to a broker that is taken for one without topic ids. */
async function nodesWithoutTopicIds(bootstrap: string): Promise<Nodes> {
  const nodes = new Nodes({ brokers: [bootstrap], clientId: 'test', tls: undefined, sasl: undefined }, 10_000)
  const broker = await nodes.any()
  broker.versions![METADATA]!.maxVersion = 7
  return nodes
}

kafkaTest('a topic is read by its name where brokers give topics no ids', async ({ broker, kafka }) => {
  const topic = await kafka.createTopic({ partitions: 2 })
  await kafka.write(topic, [
    { value: 'one', partition: 1, key: 'k1' },
    { value: 'two', partition: 1, key: 'k2' },
  ])
  await kafka.write(topic, [{ value: 'never', partition: 1 }], { transaction: 'abort' })
  const nodes = await nodesWithoutTopicIds(broker.bootstrap)
  const view = new TopicView(nodes, topic)
  const bounds = (partition: number) => topicBounds(nodes, view, partition)
  const fetcher = new Fetcher({ nodes, view, partitionBytes: 1_000_000, waitMs: 100, bounds })
  try {
    expect((await view.current()).id).toBeUndefined()
    expect((await view.current()).partitions.size).toBe(2)
    expect(await bounds(1)).toStrictEqual({ startOffset: 0, endOffset: 4, identity: '' })

    const batch = await fetcher.read(1, 1, new AbortController().signal)
    expect(batch).toMatchObject({ nextOffset: 4, startOffset: 0, endOffset: 4, identity: '' })
    expect(batch.records.map(({ offset, bytes, start, end }) => [offset, text(bytes, start, end)])).toStrictEqual([
      [1, 'two'],
    ])

    const keys: string[] = []
    for await (const { bytes, keyStart, keyEnd } of readRange(nodes, view, 1, 0, 4)) {
      keys.push(text(bytes, keyStart, keyEnd))
    }
    expect(keys).toStrictEqual(['k1', 'k2'])

    const missing = new TopicView(nodes, `${topic}-missing`)
    await expect(missing.current()).rejects.toThrow(`topic ${topic}-missing does not exist`)
  } finally {
    fetcher.close()
    await nodes.close()
  }
})

const text = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.subarray(start, end)).toString()
