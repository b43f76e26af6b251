import { expect } from 'vitest'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { aKafkaGroup, countersOn } from './kafka-member.ts'
const traffic = (seed: number, count: number) =>
  disorderedTraffic({ seed, count, fromMs: at('09:00:00') + seed * 600_000, stepMs: 5_000, allowedLatenessMs: 600_000, gapMs: 1_800_000 })
kafkaTest.for(['stop', 'pause'] as const)('stop while broker %s', async (end, { startOwn }) => {
    const broker = await startOwn()
    const group = await aKafkaGroup(broker, { partitions: 2 })
    const member = await group.join()
    await group.append(traffic(1, 500))
    await member.settled()
    await member.committedPage()
    await group.append(traffic(2, 500))
    await member.settled()
    await broker[end]()
    const t = performance.now()
    await member.stop().then(() => console.log('stopped fine'), (e) => console.log(String(e)))
    console.log(end, 'took', performance.now() - t)
    console.log(member.lines.map((l) => JSON.stringify(l).slice(0, 300)).filter((l) => !l.includes('record rejected')).join('\n'))
    if (end === 'stop') await broker.start()
    else broker.resume()
    const t2 = performance.now()
    const second = await group.join()
    await second.settled()
    console.log(end, 'second settled took', performance.now() - t2)
    expect(countersOn(await second.committedPage())).toStrictEqual(await group.expected())
})
