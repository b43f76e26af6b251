import { describe, expect } from 'vitest'
import { Hash64 } from '../../consumer/contract/hash.ts'
import { aClickEvent, asUserEventsJson, at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { uniqueName } from '../kafka/kafka-client.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, KafkaGroup, type KafkaMember } from './kafka-member.ts'
import { together } from './kafka-together.ts'
import { sumOf } from './machine.ts'

/** Of users that are others for each seed, so that every partition gets some. */
const traffic = (seed: number, count: number) =>
  disorderedTraffic({
    seed,
    count,
    firstUser: seed * 100,
    fromMs: at('09:00:00') + seed * 3_600_000,
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

/** Waits until these are all the members, and the partitions are divided among them. */
async function divided(members: readonly KafkaMember[], partitions: number): Promise<number[][]> {
  const shares = await until(async () => {
    const shares = members.map((member) => [...member.partitions()])
    return shares.flat().length === partitions && shares.every(({ length }) => length > 0) ? shares : undefined
  }, `${partitions} partitions to be divided among ${members.length}`)
  expect(shares.flat().sort()).toStrictEqual(Array.from({ length: partitions }, (_, partition) => partition))
  return shares
}

/** What it says from now on, until it spoke of all those partitions: which it kept, and which it restored by what replay. */
function listenTo(member: KafkaMember) {
  const from = member.lines.length
  const saying = (text: string) => member.lines.slice(from).filter(({ msg }) => msg === text)
  return (partitions: readonly number[]) =>
    until(async () => {
      const kept = new Set(saying('partition kept').map(({ partition }) => partition))
      const restored = new Map(saying('partition restored').map(({ partition, replayed }) => [partition, replayed]))
      return partitions.every((partition) => kept.has(partition) || restored.has(partition))
        ? { kept: [...kept].sort(), restored: Object.fromEntries(restored) }
        : undefined
    }, `word of the partitions ${partitions}`)
}

describe('members of one group', () => {
  kafkaTest(
    'share the partitions, and only those that move are restored when one comes or goes',
    async ({ broker }) => {
      const group = await aKafkaGroup(broker, { partitions: 4 })
      await group.append(traffic(1, 400))
      const [a, b] = [await group.join(), await group.join()]
      const before = await divided([a, b], 4)
      expect(before.map(({ length }) => length)).toStrictEqual([2, 2])
      expect(await together(group, a, b)).toStrictEqual(await group.expected())

      const whileJoining = [a, b].map(listenTo)
      await group.append(traffic(2, 400))
      const c = await group.join()
      const saidByC = listenTo(c)
      const after = await divided([a, b, c], 4)
      expect(await together(group, a, b, c)).toStrictEqual(await group.expected())
      for (const [index, said] of whileJoining.entries()) {
        expect(after[index]!.filter((partition) => !before[index]!.includes(partition))).toStrictEqual([])
        expect(await said(after[index]!)).toStrictEqual({ kept: after[index], restored: {} })
      }
      expect(Object.keys((await saidByC(after[2]!)).restored).map(Number)).toStrictEqual(after[2])

      await group.append(traffic(3, 400))
      await together(group, a, b, c)
      const whileLeaving = [b, c].map(listenTo)
      await a.stop()
      const left = await divided([b, c], 4)
      expect(await together(group, b, c)).toStrictEqual(await group.expected())
      for (const [index, said] of whileLeaving.entries()) {
        const taken = left[index]!.filter((partition) => !after[index + 1]!.includes(partition))
        // Who left in order had saved the state at the very position.
        expect(await said(left[index]!)).toStrictEqual({
          kept: after[index + 1],
          restored: Object.fromEntries(taken.map((partition) => [partition, 0])),
        })
      }
    },
  )

  kafkaTest('come and go under load, and nothing is lost or counted twice', async ({ broker }) => {
    const group = await aKafkaGroup(broker, { partitions: 4 })
    const first = await group.join({ snapshotIntervalMs: 1_000 })
    let seed = 0
    let writing = true
    const written = (async () => {
      while (writing) await group.append(traffic(++seed, 200))
    })()
    const second = await group.join({ snapshotIntervalMs: 1_000 })
    await divided([first, second], 4)
    await first.committedPage()
    const third = await group.join({ snapshotIntervalMs: 1_000 })
    await divided([first, second, third], 4)
    await Promise.all([first, second, third].map((member) => member.committedPage()))
    await second.crash()
    await divided([first, third], 4)
    await third.committedPage()
    await first.stop()
    await divided([third], 4)
    writing = false
    await written
    expect(await together(group, third)).toStrictEqual(await group.expected())
  })
})

kafkaTest('a member that stops while its partitions go to others stops in order', async ({ broker }) => {
  const group = await aKafkaGroup(broker, { partitions: 4 })
  const moved = Promise.withResolvers<void>()
  let stopping = false
  const leaving = await group.join({
    faults: (log) => ({
      async writeSnapshot(...call) {
        if (stopping) await moved.promise
        return log.writeSnapshot(...call)
      },
    }),
  })
  await group.append(traffic(1, 400))
  await together(group, leaving)
  stopping = true
  const stopped = leaving.stop()
  const other = await group.join()
  await divided([leaving, other], 4)
  moved.resolve()

  await stopped
  await divided([other], 4)
  expect(await together(group, other)).toStrictEqual(await group.expected())
})

describe('groups', () => {
  kafkaTest('that follow one topic know nothing of each other', async ({ broker, kafka }) => {
    const one = await aKafkaGroup(broker, { partitions: 2 })
    const other = new KafkaGroup(broker, { topic: one.topic })
    await one.append(traffic(1, 300))
    const ours = await one.join()
    const theirs = await other.join()
    expect(await together(one, ours)).toStrictEqual(await one.expected())
    expect(await together(other, theirs)).toStrictEqual(await other.expected())
    await ours.stop()
    const committed = await kafka.committed(one.group, one.topic)

    await other.append(traffic(2, 300))
    expect(await together(other, theirs)).toStrictEqual(await other.expected())
    expect(await kafka.committed(one.group, one.topic)).toStrictEqual(committed)
    const again = await one.join()
    expect(await together(one, again)).toStrictEqual(await one.expected())
  })

  kafkaTest(
    'may follow two topics at once: each member keeps to its own, and the snapshots do not mix',
    async ({ broker, kafka }) => {
      const clicks = await aKafkaGroup(broker, { partitions: 3 })
      const orders = await aKafkaGroup(broker, { partitions: 2, group: clicks.group })
      expect(clicks.snapshotTopic).toBe(orders.snapshotTopic)
      await clicks.append(traffic(1, 300))
      await orders.append(traffic(2, 300))
      const words = { snapshotIntervalMs: 1_000 }
      const ofClicks = await clicks.join(words)
      const ofOrders = await orders.join(words)
      await divided([ofClicks], 3)
      await divided([ofOrders], 2)
      expect(await together(clicks, ofClicks)).toStrictEqual(await clicks.expected())
      expect(await together(orders, ofOrders)).toStrictEqual(await orders.expected())
      expect([...(await ofOrders.page()).keys()].filter((key) => key.includes(clicks.topic))).toStrictEqual([])

      await clicks.append(traffic(3, 300))
      await together(clicks, ofClicks)
      await ofClicks.stop()
      await orders.append(traffic(4, 300))
      expect(await together(orders, ofOrders)).toStrictEqual(await orders.expected())
      await ofOrders.crash()
      const snapshots = await kafka.readAll(clicks.snapshotTopic)
      const sources = new Set(snapshots.map(({ key }) => String(key).split('/')[0]))
      expect(sources).toStrictEqual(new Set([clicks.topic, orders.topic]))

      const again = [await clicks.join(words), await orders.join(words)] as const
      await divided([again[0]], 3)
      await divided([again[1]], 2)
      expect(await together(clicks, again[0])).toStrictEqual(await clicks.expected())
      expect(await together(orders, again[1])).toStrictEqual(await orders.expected())
    },
  )

  kafkaTest('under another name begin at the beginning', async ({ broker }) => {
    const one = await aKafkaGroup(broker)
    await one.append(traffic(1, 100))
    const first = await one.join()
    await together(one, first)
    await first.stop()
    const other = new KafkaGroup(broker, { topic: one.topic, group: uniqueName('renamed') })
    expect(await together(other, await other.join())).toStrictEqual(await other.expected())
  })
})

kafkaTest('users whose records lie in two partitions are counted, and said once', async ({ broker, kafka }) => {
  const group = await aKafkaGroup(broker, { partitions: 2 })
  const users = Array.from({ length: 2_000 }, (_, user) => `user-${user}`)
  for (const partition of [0, 1]) {
    const events = users.map((user) => aClickEvent({ at: `09:00:0${partition}`, user }))
    await kafka.write(
      group.topic,
      events.map((event) => ({ partition, value: Buffer.from(asUserEventsJson(event)), timestampMs: event.logTimeMs })),
    )
  }
  const member = await group.join()
  expect(await together(group, member)).toStrictEqual(await group.expected())
  const watched = users.filter((user) => {
    const hash = new Hash64()
    const bytes = Buffer.from(user)
    hash.of(bytes, 0, bytes.length)
    return (hash.lo & 0xff) === 0
  })
  expect(watched.length).toBeGreaterThan(2)
  expect(sumOf(await member.page(), 'source_key_mismatch_total')).toBe(watched.length)
  expect(member.linesSaying('two partitions')).toHaveLength(1)
})
