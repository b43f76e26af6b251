import { expect } from 'vitest'
import { aClickEvent, at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { kafkaTest } from '../kafka/kafka-test.ts'
import { aKafkaGroup, countersOn, type KafkaGroup } from './kafka-member.ts'
import { sumOf } from './machine.ts'

/** One event alone may move stream time by days: here nothing else tells how long a partition was quiet. */
const USUAL = { aheadMs: 7 * 86_400_000 }

const TRAFFIC = disorderedTraffic({
  seed: 1,
  count: 300,
  fromMs: at('10:00:00'),
  stepMs: 5_000,
  allowedLatenessMs: 600_000,
  gapMs: 1_800_000,
})

/** Two sessions under the usual gap, three when it is shorter than ten minutes. */
const LATER_VISIT = [
  aClickEvent({ at: '40:00:00', user: 'newcomer', id: 'n1' }),
  aClickEvent({ at: '40:10:00', user: 'newcomer', id: 'n2' }),
  aClickEvent({ at: '42:00:00', user: 'newcomer', id: 'n3' }),
]

const CHANGES = [
  { name: 'session gap', rules: { gapMs: 60_000 }, sessions: 3 },
  { name: 'lateness', rules: { allowedLatenessMs: 3_600_000 }, sessions: 2 },
]
const ENDS = [
  { name: 'a graceful stop', end: 'stop' as const },
  { name: 'a crash beyond the last snapshot', end: 'crash' as const },
]

const sessionsIn = (group: KafkaGroup, page: ReadonlyMap<string, number>): number =>
  page.get(group.series('sessions_closed_total'))! + page.get(group.series('sessions_open'))!

kafkaTest.for(CHANGES.flatMap((change) => ENDS.map((end) => ({ change, end }))))(
  '$change.name changed over $end.name: counters go on from the committed position under the new rule',
  async ({ change, end }, { broker }) => {
    const group = await aKafkaGroup(broker)
    const first = await group.join({ rules: USUAL })
    await group.append(TRAFFIC)
    await first.settled()
    const before = await first.committedPage()
    expect(countersOn(before)).toStrictEqual(await group.expected(USUAL))
    await first[end.end]()

    const rules = { ...USUAL, ...change.rules }
    const second = await group.join({ rules })
    await second.settled()
    const after = await second.committedPage()
    expect(countersOn(after)).toStrictEqual(countersOn(before))
    expect(sumOf(after, 'lineage_resets_total')).toBe(0)

    await group.append(LATER_VISIT)
    await second.settled()
    const last = await second.committedPage()
    expect(last.get(group.series('records_consumed_total'))).toBe(TRAFFIC.length + LATER_VISIT.length)
    const { allowedLatenessMs = 600_000 } = change.rules
    expect(last.get(group.series('watermark_timestamp_seconds'))).toBe((at('42:00:00') - allowedLatenessMs) / 1000)
    expect(sessionsIn(group, last) - sessionsIn(group, after)).toBe(change.sessions)

    await second.crash()
    const third = await group.join({ rules })
    await third.settled()
    const again = await third.committedPage()
    expect(countersOn(again)).toStrictEqual(countersOn(last))
    expect(sumOf(again, 'lineage_resets_total')).toBe(0)
  },
)
