import { expect, test } from 'vitest'
import type { LogBounds, PartitionedLog, RecordBatch } from '../../consumer/contract/log-port.ts'
import { trafficOfHour } from '../disordered-traffic.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, countersOn, createNamed } from './kafka-member.ts'
import { Machine, series, shownCounters, sumOf } from './machine.ts'

const CONSUMED = series('records_consumed_total')
const POSITION = series('position_offset')

/** What the log would hold if it ended there. */
const endingAt = <Bounds extends LogBounds>(end: number, bounds: Bounds): Bounds => ({
  ...bounds,
  endOffset: Math.min(bounds.endOffset, end),
})

/** A batch as a log that ends there gives it. */
const cutAt = (end: number, batch: RecordBatch): RecordBatch => ({
  ...endingAt(end, batch),
  records: batch.records.filter(({ offset }) => offset < end),
  nextOffset: Math.min(batch.nextOffset, Math.max(end, batch.records[0]?.offset ?? end)),
})

/** Reads of which one is answered as by a leader just elected, which does not know yet how far its log is good. */
class ForgetfulReads {
  #end: number | undefined

  /** The next read is told that the log ends there. */
  forgetFrom(end: number): void {
    this.#end = end
  }

  readonly faults = (log: PartitionedLog): Partial<PartitionedLog> => ({
    read: async (partition, fromOffset, signal) => {
      const end = this.#end
      this.#end = undefined
      const batch = await log.read(partition, fromOffset, signal)
      return end === undefined ? batch : cutAt(end, batch)
    },
  })
}

test('a leader that does not know yet how far its log is good takes nothing from a partition that is followed', async () => {
  const machine = new Machine()
  const reads = new ForgetfulReads()
  const life = await machine.boot({ faults: reads.faults })
  await machine.append(life.log, trafficOfHour(1, 300))
  await life.settled()
  expect((await life.nextPage()).get(CONSUMED)).toBe(300)

  reads.forgetFrom(200)
  const before = life.emptyReads()
  await until(async () => (life.emptyReads() > before + 2 ? true : undefined), 'the read to be told so')
  await machine.append(life.log, trafficOfHour(2, 100))
  await life.settled()
  expect(shownCounters(await life.nextPage())).toStrictEqual(machine.expected())
  expect(machine.linesSaying('partition restored')).toHaveLength(1)
})

test('a leader that does not know yet how far its log is good costs a restore no history', async () => {
  const machine = new Machine()
  const first = await machine.boot()
  await machine.append(first.log, trafficOfHour(1, 300))
  await first.settled()
  const shown = shownCounters(await first.nextPage())
  await first.crash()

  const reads = new ForgetfulReads()
  reads.forgetFrom(200)
  const second = await machine.boot({ faults: reads.faults })
  await second.settled()
  const page = await second.nextPage()
  expect(shownCounters(page)).toStrictEqual(shown)
  expect(sumOf(page, 'lineage_resets_total')).toBe(0)
})

test('a log that lost its end while a scrape was being committed counts anew, not from before that scrape', async () => {
  const machine = new Machine()
  let end = Number.POSITIVE_INFINITY
  let held: Promise<void> | undefined
  const life = await machine.boot({
    faults: (log) => ({
      async commit(...call) {
        await held
        return log.commit(...call)
      },
      bounds: async (partition) => endingAt(end, await log.bounds(partition)),
      read: async (...call) => cutAt(end, await log.read(...call)),
    }),
  })
  await machine.append(life.log, trafficOfHour(1, 300))
  await life.settled()
  await life.nextPage()
  await machine.append(life.log, trafficOfHour(2, 200))
  await life.settled()

  const commit = Promise.withResolvers<void>()
  held = commit.promise
  machine.nowMs += 1_000
  const scraped = life.exporter.shown()
  end = 400
  await until(async () => machine.linesSaying('the log does not go on')[0], 'the follower to find out')
  await new Promise((resolve) => setTimeout(resolve, 50))
  commit.resolve()
  expect((await scraped)[0]!.offset).toBe(500)

  await until(async () => machine.linesSaying('partition restored')[1], 'the restore')
  const page = await life.nextPage()
  expect([page.get(POSITION), page.get(CONSUMED)]).toStrictEqual([400, 0])
  expect(sumOf(page, 'lineage_resets_total')).toBe(1)
})

kafkaTest(
  'a topic that is created anew while a restore replays is not mixed with the old one',
  async ({ broker, kafka }) => {
    const group = await aKafkaGroup(broker)
    for (const end of ['stop', 'crash'] as const) {
      const member = await group.join()
      await group.append(trafficOfHour(1, 150))
      await member.settled()
      await member.committedPage()
      await member[end]()
    }

    const asked = Promise.withResolvers<void>()
    const replay = Promise.withResolvers<void>()
    const afterIt = Promise.withResolvers<void>()
    const member = await group.join({
      faults: (log) => ({
        async read(partition, fromOffset, signal) {
          asked.resolve()
          await (fromOffset < 300 ? replay : afterIt).promise
          return log.read(partition, fromOffset, signal)
        },
      }),
    })
    await asked.promise
    await kafka.deleteTopic(group.topic)
    await createNamed(kafka, group.topic)
    await group.append(trafficOfHour(2, 300))
    replay.resolve()

    await until(async () => member.linesSaying('partition restored')[0], 'the restore')
    const page = await until(async () => {
      const page = await member.committedPage()
      return page.get(group.series('position_offset')) === 300 ? page : undefined
    }, 'all to be counted')
    expect(countersOn(page)).toStrictEqual(await group.expected())
    expect(group.lineageResets(page, 'log_recreated')).toBe(1)
    afterIt.resolve()
  },
)
