import { describe, expect } from 'vitest'
import type { ReferenceEvent } from '../../producer/oracle/event.ts'
import { at } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { brokerTool } from '../kafka/broker-tool.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { referenceSeries } from '../reference-series.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, countersOn, type KafkaGroup, type MemberWords } from './kafka-member.ts'
import { sumOf } from './machine.ts'

const traffic = (seed: number, count: number, firstUser = 1) =>
  disorderedTraffic({
    seed,
    count,
    firstUser,
    fromMs: at('09:00:00') + seed * 3_600_000,
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

const expectedOf = ({ group, topic }: KafkaGroup, events: readonly ReferenceEvent[]): Record<string, number> =>
  referenceSeries(events, aReferenceRun({ appendTime: false }), { group, topic, partition: '0' })

/** A fetch never brings more than one batch of more than this. */
const FETCH_BYTES = 1_024

/** Lets reads through up to an offset of each partition, and beyond it when it is opened. */
function aBarrier(upTo: ReadonlyMap<number, number>): Required<Pick<MemberWords, 'faults'>> & { open(): void } {
  const opened = Promise.withResolvers<void>()
  return {
    open: opened.resolve,
    faults: (log) => ({
      async read(partition, from, signal) {
        const lost = new Promise((resolve) => signal.addEventListener('abort', resolve))
        if (from >= (upTo.get(partition) ?? Number.POSITIVE_INFINITY)) await Promise.race([opened.promise, lost])
        return log.read(partition, from, signal)
      },
    }),
  }
}

describe('a partition that the group never committed', () => {
  const events = traffic(1, 300)
  const later = traffic(3, 100)
  // Log times only rise in this traffic.
  const since = (timeMs: number) => events.filter(({ logTimeMs }) => logTimeMs >= timeMs)
  const middleMs = events[120]!.logTimeMs

  kafkaTest.for([
    { startFrom: 'earliest', counted: events },
    { startFrom: 'latest', counted: [] },
    { startFrom: middleMs, counted: since(middleMs) },
    { startFrom: middleMs + 1, counted: since(middleMs + 1) },
    { startFrom: 0, counted: events },
    { startFrom: events.at(-1)!.logTimeMs + 1, counted: [] },
  ] as const)('is counted from $startFrom on, and whatever comes later', async ({ startFrom, counted }, { broker }) => {
    const group = await aKafkaGroup(broker)
    await group.append(events)
    const first = await group.join({ kafka: { startFrom } })
    await first.settled()
    const page = await first.committedPage()
    expect(countersOn(page)).toStrictEqual(expectedOf(group, counted))
    expect(page.get(group.series('position_offset'))).toBe(events.length)
    await until(
      async () => (await first.page()).get(group.series('caught_up')) === 1 || undefined,
      'it to be caught up',
    )

    // What was committed counts from now on, wherever a start would begin otherwise.
    await first.crash()
    await group.append(later)
    const second = await group.join({ kafka: { startFrom: startFrom === 'latest' ? 'earliest' : 'latest' } })
    await second.settled()
    expect(countersOn(await second.committedPage())).toStrictEqual(expectedOf(group, [...counted, ...later]))
    expect(sumOf(await second.page(), 'lineage_resets_total')).toBe(0)
  })
})

kafkaTest('a backlog is not caught up until its end is reached, however much comes meanwhile', async ({ broker }) => {
  const group = await aKafkaGroup(broker)
  for (let batch = 0; batch < 5; batch++) await group.append(traffic(1, 400))
  const barrier = aBarrier(new Map([[0, 1]]))
  const member = await group.join({ faults: barrier.faults, kafka: { fetchBytes: FETCH_BYTES } })
  const behind = await until(async () => {
    const page = await member.nextPage()
    return page.get(group.series('position_offset'))! > 0 ? page : undefined
  }, 'the first records to be counted')
  const offset = behind.get(group.series('position_offset'))!
  expect(behind.get(group.series('kafka_consumer_lag_records'))).toBe(2_000 - offset)
  expect(behind.get(group.series('caught_up'))).toBe(0)

  await group.append(traffic(2, 100))
  barrier.open()
  await member.settled()
  const page = await member.committedPage()
  expect(page.get(group.series('kafka_consumer_lag_records'))).toBe(0)
  expect(page.get(group.series('caught_up'))).toBe(1)
})

/** Kafka's own table of the group, by partition: what it committed, where the log ends, and the lag. */
async function described(group: KafkaGroup): Promise<Record<number, readonly [number, number, number]>> {
  const table = await brokerTool(group, 'consumer-groups', ['--describe', '--group', group.group])
  const rows = table.matchAll(new RegExp(`^${group.group} +${group.topic} +(\\d+) +(\\d+) +(\\d+) +(\\d+) `, 'gm'))
  return Object.fromEntries(
    [...rows].map(([, partition, ...columns]) => [partition, columns.map(Number) as [number, number, number]]),
  )
}

kafkaTest('Kafka’s own tool tells the same offsets and the same lag as the page', async ({ broker }) => {
  const group = await aKafkaGroup(broker, { partitions: 3 })
  for (let batch = 1; batch <= 5; batch++) await group.append(traffic(batch, 300, batch * 100))
  const ends = await group.withKafka((kafka) => kafka.admin.fetchTopicOffsets(group.topic))
  // One is read to its end, one in part, one not at all.
  const barrier = aBarrier(
    new Map([
      [1, 1],
      [2, 0],
    ]),
  )
  const member = await group.join({ faults: barrier.faults, kafka: { fetchBytes: FETCH_BYTES } })
  const offsetsOn = (page: ReadonlyMap<string, number>) =>
    [0, 1, 2].map((partition) => page.get(group.series('position_offset', {}, partition)))
  const page = await until(async () => {
    const page = await member.nextPage()
    const [first, second, third] = offsetsOn(page)
    return first === Number(ends.find(({ partition }) => partition === 0)!.high) && second! > 0 && third === 0
      ? page
      : undefined
  }, 'the partitions to get that far')

  const table = await described(group)
  for (const [partition, offset] of offsetsOn(page).entries()) {
    const [current, end, lag] = table[partition]!
    expect(current).toBe(offset)
    expect(end).toBe(Number(ends.find((bounds) => bounds.partition === partition)!.high))
    // Of a partition not read yet nobody here knows the end.
    if (partition < 2) expect(page.get(group.series('kafka_consumer_lag_records', {}, partition))).toBe(lag)
  }
  expect(table[1]![2]).toBeGreaterThan(0)

  barrier.open()
  await member.settled()
  const last = await member.committedPage()
  const lags = Object.values(await described(group)).map(([, , lag]) => lag)
  expect(lags).toStrictEqual([0, 0, 0])
  expect(
    [0, 1, 2].map((partition) => last.get(group.series('kafka_consumer_lag_records', {}, partition))),
  ).toStrictEqual(lags)
})
