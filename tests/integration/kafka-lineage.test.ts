import { expect } from 'vitest'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { aKafkaGroup, countersOn } from './kafka-member.ts'

const traffic = (seed: number, count: number) =>
  disorderedTraffic({
    seed,
    count,
    fromMs: at('09:00:00'),
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

kafkaTest('smoke', async ({ broker }) => {
  const group = await aKafkaGroup(broker, { partitions: 3 })
  const first = await group.join()
  await group.append(traffic(1, 500))
  await first.settled()
  expect(countersOn(await first.committedPage())).toStrictEqual(await group.expected())
  await first.crash()
  const second = await group.join()
  await group.append(traffic(2, 500))
  await second.settled()
  expect(countersOn(await second.committedPage())).toStrictEqual(await group.expected())
  await second.stop()
  console.log(second.lines.map((l) => JSON.stringify(l)).join('\n'))
})
