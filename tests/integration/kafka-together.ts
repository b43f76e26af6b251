import { expect } from 'vitest'
import { isStateCounter } from '../exposition.ts'
import { until } from '../running-start.ts'
import { countersOn, type KafkaGroup } from './kafka-member.ts'
import { sumOf } from './machine.ts'

type Page = ReadonlyMap<string, number>

/** Some member of a group, in this process or in another. */
interface Shown {
  page(): Promise<Page>
  /** Where a clock has to be moved for it, a newer one. */
  nextPage?(): Promise<Page>
}

/**
 * The numbers of all members together, once each partition is shown to its end by one of them and by no other. What
 * goes on showing at two places, or begins again at 0, fails.
 */
export async function together(group: KafkaGroup, ...members: readonly Shown[]): Promise<Record<string, number>> {
  const ends = await group.withKafka((kafka) => kafka.admin.fetchTopicOffsets(group.topic))
  const pages = await until(async () => {
    const pages = await Promise.all(members.map((member) => (member.nextPage ?? member.page)()))
    const isRead = ends.every(({ partition, high }) => {
      const shown = pages.map((page) => page.get(group.series('position_offset', {}, partition)))
      return shown.filter((offset) => offset !== undefined).join() === high
    })
    return isRead ? pages : undefined
  }, 'every partition to be shown to its end')
  const keys = pages.flatMap((page) => [...page.keys()].filter(isStateCounter))
  expect(keys.length - new Set(keys).size).toBe(0)
  for (const page of pages) expect(sumOf(page, 'lineage_resets_total')).toBe(0)
  return countersOn(...pages)
}
