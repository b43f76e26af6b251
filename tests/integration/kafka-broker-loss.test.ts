import { expect, test } from 'vitest'
import type { ReferenceEvent } from '../../producer/oracle/event.ts'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { isStateCounter } from '../exposition.ts'
import { freePort } from '../kafka/free-port.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import type { NativeBroker } from '../kafka/native-broker.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, countersOn, type KafkaGroup, type KafkaMember } from './kafka-member.ts'
import { spawnConsumer } from './kafka-process.ts'
import { sumOf } from './machine.ts'

const traffic = (seed: number, count: number) =>
  disorderedTraffic({
    seed,
    count,
    fromMs: at('09:00:00') + seed * 600_000,
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

/** Waits until /-/ready says no and mentions that, and gives what it says. */
const refusal = (ready: () => Promise<[status: number, text: string]>, mention: string): Promise<string> =>
  until(async () => {
    const [status, text] = await ready()
    return status === 503 && text.includes(mention) ? text : undefined
  }, `/-/ready to mention ${mention}`)

test('a consumer whose brokers cannot be reached stays, says so, and ends in order when asked to', async () => {
  const brokers = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const consumer = spawnConsumer(['--brokers', brokers.join()])
  const url = await consumer.url
  const text = await refusal(async () => {
    const answer = await fetch(`${url}/-/ready`)
    return [answer.status, await answer.text()]
  }, 'no broker can be reached')
  for (const broker of brokers) expect(text).toContain(`${broker} (`)
  expect((await fetch(`${url}/metrics`)).status).toBe(200)

  consumer.signal('SIGTERM')
  expect(await consumer.ended).toBe(0)
})

kafkaTest('a broker that is down at the start is waited for', async ({ startOwn }) => {
  const broker = await startOwn()
  const group = await aKafkaGroup(broker, { partitions: 2 })
  await group.append(traffic(1, 500))
  await broker.stop()

  const member = await group.join()
  expect(await refusal(member.ready, broker.bootstrap)).toMatch(
    new RegExp(`^not ready: no broker can be reached: ${broker.bootstrap} \\(.*ECONNREFUSED.*\\)\n$`),
  )
  expect(countersOn(await member.nextPage())).toStrictEqual({})

  await broker.start()
  await member.settled()
  expect(countersOn(await member.committedPage())).toStrictEqual(await group.expected())
})

kafkaTest('a broker that does not answer a commit is told of before it counts as failed', async ({ startOwn }) => {
  const broker = await startOwn()
  const group = await aKafkaGroup(broker)
  const member = await group.join()
  await member.settled()
  await member.committedPage()

  broker.pause()
  const page = member.page()
  await refusal(() => {
    group.nowMs += 1_000
    return member.ready()
  }, 'nothing can be committed: no answer for 11 s')
  broker.resume()
  await page
  await member.settled()
})

/** Writes until it is told to stop, whatever becomes of the broker meanwhile. */
function keepWriting(group: KafkaGroup, isWanted: (event: ReferenceEvent) => boolean): { stop(): Promise<void> } {
  let stopped = false
  const writing = (async () => {
    for (let seed = 1; !stopped; seed++) {
      // What was not confirmed may be in the topic or not: what has to be counted is read from there.
      await group.append(traffic(seed, 50).filter(isWanted)).catch(() => undefined)
    }
  })()
  return {
    stop() {
      stopped = true
      return writing
    },
  }
}

/** Looks whether a counter ever falls from one page to the next. */
class Watch {
  readonly backwards: string[] = []
  readonly #highest = new Map<string, number>()

  see(page: Map<string, number>): Map<string, number> {
    for (const [key, value] of page) {
      if (!isStateCounter(key)) continue
      const before = this.#highest.get(key) ?? 0
      if (value < before) this.backwards.push(`${key}: ${before} -> ${value}`)
      this.#highest.set(key, Math.max(before, value))
    }
    return page
  }
}

interface Loss {
  how: string
  /** Whether nobody knows what became of the last commit: only under another assignment can there be a next one. */
  unknown: boolean
  lose(broker: NativeBroker): Promise<void> | void
  comesBack(broker: NativeBroker): Promise<void> | void
}

const LOSSES: Loss[] = [
  { how: 'is stopped', unknown: false, lose: (broker) => broker.stop(), comesBack: (broker) => broker.start() },
  { how: 'is killed', unknown: false, lose: (broker) => broker.kill(), comesBack: (broker) => broker.start() },
  { how: 'hangs', unknown: true, lose: (broker) => broker.pause(), comesBack: (broker) => broker.resume() },
]

kafkaTest.for(LOSSES)(
  'a broker that $how under load and comes back costs nothing: the state is kept, and the totals are those of the topic',
  async ({ unknown, lose, comesBack }, { startOwn }) => {
    const broker = await startOwn()
    const group = await aKafkaGroup(broker, { partitions: 2 })
    const member = await group.join({ staleAfterMs: 30_000 })
    const watch = new Watch()
    const consumed = (records: number, look: KafkaMember['page'] = member.nextPage): Promise<number> =>
      until(async () => {
        const shown = sumOf(watch.see(await look()), 'records_consumed_total')
        return shown >= records ? shown : undefined
      }, `${records} records to be shown`)
    // A dead letter that cannot be stored would keep the commit from being sent.
    const writer = keepWriting(group, ({ timeMs, logTimeMs }) => !unknown || timeMs <= logTimeMs)
    await consumed(500)
    const before = await consumed(500, member.committedPage)

    await lose(broker)
    await refusal(member.ready, `the group's coordinator does not answer: `)
    group.nowMs += 30_000
    const stale = watch.see(await member.page())
    expect(stale.get('clickstream_capture_age_seconds')).toBe(30)
    expect(sumOf(stale, 'records_consumed_total')).toBe(before)
    expect(countersOn(await member.nextPage())).toStrictEqual({})
    if (unknown) {
      await until(async () => {
        return sumOf(await member.page(), 'commit_failures_total') > 0 ? true : undefined
      }, 'a commit to fail')
    }

    await comesBack(broker)
    await consumed(before + 500)
    await writer.stop()
    await member.settled()
    expect(countersOn(watch.see(await member.committedPage()))).toStrictEqual(await group.expected())
    expect(watch.backwards).toStrictEqual([])
    expect(member.linesSaying('partition restored')).toHaveLength(2)
    if (unknown) expect(member.linesSaying('partition kept')).toHaveLength(2)
  },
)
