import { expect, test } from 'vitest'
import { Hash64 } from '../../consumer/contract/hash.ts'
import { CommitFailed, type PartitionedLog } from '../../consumer/contract/log-port.ts'
import { partitionOf } from '../../consumer/contract/partitioner.ts'
import { aClickEvent, asUserEventsJson, at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { until } from '../running-start.ts'
import { Machine, series, shownCounters, sumOf } from './machine.ts'

const CONSUMED = series('records_consumed_total')
const CAUGHT_UP = 'clickstream_caught_up{group="clickstream-exporter",topic="user-events",partition="0"}'
const LAG = 'clickstream_kafka_consumer_lag_records{group="clickstream-exporter",topic="user-events",partition="0"}'

const traffic = (seed: number, count: number) =>
  disorderedTraffic({ seed, count, fromMs: at('09:00:00'), stepMs: 100, allowedLatenessMs: 600_000, gapMs: 1_800_000 })

/** Lets so many reads through and holds the rest. */
class HeldReads {
  #allowed = 0
  #waiting: (() => void)[] = []

  /** Reads let through so far. */
  passed = 0

  hold(): void {
    this.#allowed = 0
  }

  allow(reads: number): void {
    this.#allowed += reads
    for (const wake of this.#waiting.splice(0)) wake()
  }

  readonly faults = (log: PartitionedLog): Partial<PartitionedLog> => ({
    read: async (partition, fromOffset, signal) => {
      signal.addEventListener('abort', () => this.allow(0))
      while (this.#allowed === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve)
        })
      }
      this.#allowed--
      this.passed++
      return log.read(partition, fromOffset, signal)
    },
  })
}

test('caught_up is 0 until the end at the start is reached, 1 from then on, and 0 again while far behind', async () => {
  const machine = new Machine()
  const log = machine.openLog()
  await machine.append(log, traffic(1, 3_000))
  await log.leave()
  const reads = new HeldReads()
  const life = await machine.boot({ faults: reads.faults })
  const caughtUpIs = (wanted: number, what: string) =>
    until(async () => ((await life.page()).get(CAUGHT_UP) === wanted ? true : undefined), what)

  reads.allow(1)
  await until(async () => ((await life.page()).get(LAG)! > 0 ? true : undefined), 'a first read')
  expect((await life.page()).get(CAUGHT_UP)).toBe(0)
  reads.allow(1_000)
  await caughtUpIs(1, 'the end to be reached')

  reads.hold()
  await machine.append(life.log, traffic(2, 20_000))
  reads.allow(1)
  await until(async () => ((await life.page()).get(LAG)! > 10_000 ? true : undefined), 'the burst to be seen')
  expect((await life.page()).get(CAUGHT_UP)).toBe(0)
  reads.allow(1_000)
  await caughtUpIs(1, 'the burst to be read')
})

test('retention that overtakes a running follower is a counter reset, not a gap', async () => {
  const machine = new Machine()
  const reads = new HeldReads()
  const life = await machine.boot({ retentionBytes: 200_000, faults: reads.faults })
  reads.allow(2)
  await machine.append(life.log, traffic(1, 500))
  await life.settled()
  expect((await life.nextPage()).get(CONSUMED)).toBe(500)

  for (let batch = 2; batch <= 10; batch++) await machine.append(life.log, traffic(batch, 500))
  const { startOffset } = await life.log.bounds(0)
  expect(startOffset).toBeGreaterThan(500)
  reads.allow(1_000)
  await life.settled()
  machine.logged[0]!.splice(0, startOffset)
  const page = await life.nextPage()
  expect(shownCounters(page)).toStrictEqual(machine.expected())
  expect(sumOf(page, 'lineage_resets_total')).toBe(1)
  expect(machine.linesSaying('the log does not go on from the position')).toMatchObject([{ level: 50, startOffset }])
})

test('a snapshot that was under way when retention overtook the follower does not stand for the new beginning', async () => {
  const machine = new Machine()
  const reads = new HeldReads()
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let snapshots = 0
  const life = await machine.boot({
    retentionBytes: 200_000,
    snapshotIntervalMs: 60_000,
    faults: (log) => ({
      ...reads.faults(log),
      async writeSnapshot(...call) {
        if (++snapshots === 2) await released
        return log.writeSnapshot(...call)
      },
    }),
  })
  reads.allow(1)
  await life.settled()
  machine.nowMs += 60_000
  await machine.append(life.log, traffic(1, 500))
  reads.allow(1)
  await until(async () => (snapshots === 2 ? true : undefined), 'the snapshot to begin')
  for (let batch = 2; batch <= 10; batch++) await machine.append(life.log, traffic(batch, 500))
  const { startOffset } = await life.log.bounds(0)
  const { passed } = reads
  reads.allow(1_000)
  await until(async () => (reads.passed > passed ? true : undefined), 'the follower to find out')
  release()
  await life.settled()
  machine.logged[0]!.splice(0, startOffset)
  await until(async () => {
    return sumOf(await life.page(), 'lineage_resets_total') === 1 ? true : undefined
  }, 'the new beginning')
  await life.settled()
  expect(shownCounters(await life.nextPage())).toStrictEqual(machine.expected())
  await life.crash()

  const second = await machine.boot({ retentionBytes: 200_000 })
  await second.settled()
  const page = await second.nextPage()
  expect(shownCounters(page)).toStrictEqual(machine.expected())
  expect(sumOf(page, 'lineage_resets_total')).toBe(0)
})

const BROKEN = ['{"broken"', '', '[1,2]', '\u{1F63A} "quoted" \\ \n', '{"user_id":1}'].map((text) => Buffer.from(text))

/** Appends good and broken records in turn, and says which offsets hold which broken one. */
async function appendBroken(machine: Machine, log: ReturnType<Machine['openLog']>): Promise<[number, string][]> {
  const letters: [number, string][] = []
  for (const bytes of BROKEN) {
    await machine.append(log, [aClickEvent({ at: '09:00:00' })])
    const { endOffset } = await log.bounds(0)
    await log.append([{ key: 'ann', value: bytes }])
    letters.push([endOffset, bytes.toString('hex')])
  }
  return letters
}

async function deadLettersIn(machine: Machine): Promise<[number, string][]> {
  const log = machine.openLog()
  const letters = await log.deadLetters(100)
  await log.leave()
  return letters
    .map(({ offset, value }): [number, string] => [offset, Buffer.from(value).toString('hex')])
    .sort(([a], [b]) => a - b)
}

test('every rejected record is kept once, byte for byte', async () => {
  const machine = new Machine()
  const life = await machine.boot()
  const broken = await appendBroken(machine, life.log)
  await life.settled()
  const page = await life.nextPage()
  expect(sumOf(page, 'records_rejected_total')).toBe(BROKEN.length)
  await life.stop()
  expect(await deadLettersIn(machine)).toStrictEqual(broken)
})

test.each([
  { name: 'before they were stored', storing: 'writeDeadLetters' as const },
  { name: 'after they were stored and before the commit', storing: 'commit' as const },
])('a crash $name keeps each rejected record once', async ({ storing }) => {
  const machine = new Machine()
  let broken = false
  const first = await machine.boot({
    faults: (log) => ({
      async [storing](...call: never[]) {
        if (broken) throw new CommitFailed('refused', new Error('pulled the plug'))
        return (log[storing] as (...call: never[]) => Promise<void>)(...call)
      },
    }),
  })
  await first.settled()
  broken = true
  const letters = await appendBroken(machine, first.log)
  await first.settled()
  await first.nextPage()
  await first.crash()
  expect(await deadLettersIn(machine)).toStrictEqual(storing === 'commit' ? letters : [])

  const second = await machine.boot()
  await second.settled()
  const page = await second.nextPage()
  expect(sumOf(page, 'records_rejected_total')).toBe(BROKEN.length)
  await second.crash()
  expect(await deadLettersIn(machine)).toStrictEqual(letters)

  const third = await machine.boot()
  await third.settled()
  await third.stop()
  expect(await deadLettersIn(machine)).toStrictEqual(letters)
})

test('a commit waits for dead letters that somebody else is storing', async () => {
  const machine = new Machine()
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let stored = 0
  let committedBeyond = false
  const life = await machine.boot({
    faults: (log) => ({
      async writeDeadLetters(letters) {
        await released
        await log.writeDeadLetters(letters)
        stored += letters.length
      },
      async commit(assignment, positions) {
        if (positions.get(0)!.offset > 0 && stored < 1_000) committedBeyond = true
        return log.commit(assignment, positions)
      },
    }),
  })
  await life.settled()
  // So many that the follower itself begins to store them, before anybody commits.
  await life.log.append(Array.from({ length: 1_000 }, () => ({ key: 'ann', value: Buffer.from('?') })))
  await until(async () => ((await life.page()).get(LAG) === 0 ? true : undefined), 'all to be read')
  const [, page] = await Promise.all([new Promise((resolve) => setTimeout(resolve, 50)).then(release), life.nextPage()])
  expect(page.get(CONSUMED)).toBe(1_000)
  expect([stored, committedBeyond]).toStrictEqual([1_000, false])
})

test('a snapshot is not committed beyond the dead letters that were stored for it', async () => {
  const machine = new Machine()
  const storing = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  let stored = 0
  const commits: { offset: number; stored: number }[] = []
  const life = await machine.boot({
    snapshotIntervalMs: 1_000,
    faults: (log) => ({
      async writeDeadLetters(letters) {
        storing.resolve()
        await released.promise
        await log.writeDeadLetters(letters)
        stored += letters.length
      },
      async commit(assignment, positions) {
        commits.push({ offset: positions.get(0)!.offset, stored })
        return log.commit(assignment, positions)
      },
    }),
  })
  await life.settled()
  machine.nowMs += 1_000
  const appendOne = () => life.log.append([{ key: 'ann', value: Buffer.from('?') }])
  await appendOne()
  await storing.promise
  await appendOne()
  await life.settled()
  released.resolve()
  await until(async () => (commits.some(({ offset }) => offset > 0) ? true : undefined), 'the snapshot to be committed')
  await life.stop()
  expect(commits.filter(({ offset, stored }) => offset > stored)).toStrictEqual([])
  expect([stored, commits.at(-1)!.offset]).toStrictEqual([2, 2])
})

test('users seen in two partitions are counted once each, and said once', async () => {
  const machine = new Machine({ partitions: 2 })
  const keys = [0, 1].map((partition) => {
    return Array.from({ length: 100 }, (_, key) => String(key)).find(
      (key) => partitionOf(Buffer.from(key), 2) === partition,
    )!
  })
  const life = await machine.boot()
  const users = Array.from({ length: 2_000 }, (_, user) => `user-${user}`)
  for (const time of ['09:00:00', '09:00:01']) {
    for (const key of keys) {
      const records = users.map((user) => ({ key, value: asUserEventsJson(aClickEvent({ at: time, user })) }))
      await life.log.append(records)
    }
  }
  await life.settled()
  const watched = users.filter((user) => {
    const hash = new Hash64()
    const bytes = Buffer.from(user)
    hash.of(bytes, 0, bytes.length)
    return (hash.lo & 0xff) === 0
  })
  expect(watched.length).toBeGreaterThan(2)
  expect(sumOf(await life.nextPage(), 'source_key_mismatch_total')).toBe(watched.length)
  expect(machine.linesSaying('two partitions')).toHaveLength(1)
})

test('a user who stays in one partition is no mismatch', async () => {
  const machine = new Machine({ partitions: 2 })
  const life = await machine.boot()
  const crowd = Array.from({ length: 1_000 }, (_, user) => aClickEvent({ at: '09:00:00', user: `user-${user}` }))
  for (let again = 0; again < 2; again++) await machine.append(life.log, crowd)
  await life.settled()
  expect(sumOf(await life.nextPage(), 'source_key_mismatch_total')).toBe(0)
})
