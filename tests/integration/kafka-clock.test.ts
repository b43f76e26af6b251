import { expect, vi } from 'vitest'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { until } from '../running-start.ts'
import { aKafkaGroup, type KafkaMember } from './kafka-member.ts'

const HOUR_MS = 3_600_000

kafkaTest(
  'members whose clock is set back stay in the group, those without a partition too',
  async ({ broker, kafka }) => {
    const group = await aKafkaGroup(broker, { partitions: 1 })
    const members: KafkaMember[] = [await group.join(), await group.join()]
    const stableWith = (count: number) =>
      until(async () => {
        const { state, members } = (await kafka.admin.describeGroups([group.group])).groups[0]!
        return state === 'Stable' && members.length === count ? members.map(({ memberId }) => memberId) : undefined
      }, `a group of ${count}`)
    const before = await stableWith(2)
    const { now } = Date
    vi.spyOn(Date, 'now').mockImplementation(() => now() - HOUR_MS)
    try {
      members.push(await group.join())
      expect(await stableWith(3)).toStrictEqual(expect.arrayContaining(before))
    } finally {
      vi.restoreAllMocks()
    }
  },
)
