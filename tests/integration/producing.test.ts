import { pino } from 'pino'
import { expect } from 'vitest'
import { startProducing } from '../../producer/producing.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'

const logged = (lines: string[]) => pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line).msg) })

kafkaTest('creates its topic, tells how it gets on, and counts what it wrote', async ({ broker, kafka }) => {
  const topic = uniqueName('produced')
  const printed: string[] = []
  const lines: string[] = []
  const { stop } = startProducing({
    connection: { brokers: broker.bootstrap.split(','), clientId: 'test', tls: undefined, sasl: undefined },
    topic,
    compression: 'zstd',
    createTopics: true,
    partitions: 2,
    topicReplication: -1,
    topicRetentionMs: 3_600_000,
    seed: 1,
    run: undefined,
    visitors: 50,
    ratePerSecond: 500,
    summaryIntervalMs: 50,
    logger: logged(lines),
    print: (line) => void printed.push(line),
    now: Date.now,
    steadyNow: () => performance.now(),
  })
  const told = (): number => Number(/ ([\d,]+) events/.exec(printed.at(-1)!)?.[1]?.replaceAll(',', '') ?? 0)
  await until(async () => (told() > 200 ? true : undefined), 'a few hundred events')
  await stop()

  const [, stopped] = /^stopped after (\d+) events$/.exec(printed.at(-1)!)!
  const records = await kafka.readAll(topic)
  expect(records).toHaveLength(Number(stopped))
  expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([0, 1]))
  expect(printed[0]).toMatch(/^producing 500 synthetic events a second to produced-.* at .*\n {2}seed 1, run \d+;/)
  expect(lines).toEqual(['stopped'])
})
