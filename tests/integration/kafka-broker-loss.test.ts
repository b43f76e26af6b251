import { expect } from 'vitest'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { isStateCounter } from '../exposition.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, countersOn, type KafkaGroup, type KafkaMember } from './kafka-member.ts'

const traffic = (seed: number, count: number) =>
  disorderedTraffic({
    seed,
    count,
    fromMs: at('09:00:00') + seed * 600_000,
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

const readyAgain = (member: KafkaMember) =>
  until(async () => ((await member.ready())[0] === 200 ? true : undefined), 'the member to be ready')

/** Waits until it says that it is not, and gives what it says. */
const unreadiness = (member: KafkaMember, mention: string) =>
  until(async () => {
    const [status, text] = await member.ready()
    return status === 503 && text.includes(mention) ? text : undefined
  }, `/-/ready to mention ${mention}`)

kafkaTest('a broker that is down at the start is waited for', async ({ startOwn }) => {
  const broker = await startOwn()
  const group = await aKafkaGroup(broker, { partitions: 2 })
  await group.append(traffic(1, 500))
  await broker.stop()

  const member = await group.join()
  expect(await unreadiness(member, broker.bootstrap)).toMatch(
    new RegExp(`^not ready: no broker can be reached: ${broker.bootstrap} \\(.*ECONNREFUSED.*\\)\n$`),
  )
  expect(countersOn(await member.nextPage())).toStrictEqual({})

  await broker.start()
  await member.settled()
  expect(countersOn(await member.committedPage())).toStrictEqual(await group.expected())
})

/** Writes until it is stopped, whatever becomes of the broker meanwhile. */
function keepWriting(group: KafkaGroup): { stop(): Promise<void> } {
  let stopped = false
  const writing = (async () => {
    for (let seed = 1; !stopped; seed++) {
      // What was not confirmed may be in the topic or not: what is to be counted is read from there.
      await group.append(traffic(seed, 50)).catch(() => undefined)
    }
  })()
  return {
    stop() {
      stopped = true
      return writing
    },
  }
}

/** Checks page after page that no counter falls. */
class Watch {
  readonly #highest = new Map<string, number>()
  readonly backwards: string[] = []

  see(page: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    for (const [key, value] of page) {
      if (!isStateCounter(key)) continue
      const before = this.#highest.get(key) ?? 0
      if (value < before) this.backwards.push(`${key}: ${before} -> ${value}`)
      this.#highest.set(key, Math.max(before, value))
    }
    return page
  }
}

kafkaTest.for(['stop', 'kill'] as const)(
  'a broker that comes back after %s costs nothing: the state is kept, and the totals are those of the topic',
  async (end, { startOwn }) => {
    const broker = await startOwn()
    const group = await aKafkaGroup(broker, { partitions: 2 })
    const member = await group.join({ staleAfterMs: 30_000 })
    const watch = new Watch()
    const writer = keepWriting(group)
    const consumed = async (atLeast: number) =>
      until(async () => {
        const page = watch.see(await member.nextPage())
        return [0, 1].every((partition) => page.get(group.series('records_consumed_total', {}, partition))! >= atLeast)
          ? true
          : undefined
      }, `${atLeast} records of each partition to be shown`)
    await consumed(200)

    await broker[end]()
    console.log(await unreadiness(member, 'not answer'))
    const kept = countersOn(await member.page())
    expect(kept).not.toStrictEqual({})
    group.nowMs += 29_000
    console.log((await member.page()).get('clickstream_capture_age_seconds'))
    expect(countersOn(watch.see(await member.page()))).toStrictEqual(kept)
    group.nowMs += 30_000
    expect(countersOn(await member.page())).toStrictEqual({})

    await broker.start()
    await readyAgain(member)
    await consumed(400)
    await writer.stop()
    await member.settled()
    const page = watch.see(await member.committedPage())
    expect(countersOn(page)).toStrictEqual(await group.expected())
    expect(watch.backwards).toStrictEqual([])
    console.log(
      member.lines
        .map((l) => JSON.stringify(l))
        .filter((l) => !l.includes('record rejected'))
        .join('\n'),
    )
    expect(member.linesSaying('partition restored')).toHaveLength(2)
  },
)
