import { expect, test } from 'vitest'
import { newPartitionState } from '../../consumer/core/state.ts'
import { registerClassicMetrics } from '../../consumer/expose/classic-metrics.ts'
import { Registry } from '../../consumer/expose/registry.ts'
import { Scrape } from '../../consumer/expose/scrape.ts'
import { captureSamples, stateFamilies } from '../../consumer/expose/state-families.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'

const STALE_AFTER_MS = 15_000

/** How many times a whole page of a fresh capture reads the clock. */
const READINGS = 100

/**
 * A page that shows one partition's capture, rendered by a process that is frozen at its n-th look at the clock for
 * longer than a capture may be shown.
 */
async function pageFrozenAt(reading: number): Promise<string> {
  const state = newPartitionState(coreOptions(aReferenceRun()))
  const samples = captureSamples(state, 7, { group: 'g', topic: 't', partition: '0' })
  const registry = new Registry()
  let readings = 0
  const scrape = new Scrape({
    registry,
    families: stateFamilies(state.counters.cells),
    capture: async () => ({ partitions: [{ partition: 0, offset: 7, samples }], sentAtMs: 0, assignment: 1 }),
    staleAfterMs: STALE_AFTER_MS,
    heldSince: () => 1,
    steadyNow: () => (readings++ < reading ? 0 : STALE_AFTER_MS + 1),
    onManySeries: () => undefined,
  })
  registerClassicMetrics(registry, () => scrape.onPage)
  const text = await scrape.text()
  return text
    .split('\n')
    .filter((line) => line.includes('partition="0"'))
    .join('\n')
}

test('a page shows a partition whole or not at all, wherever the process was frozen while it rendered', async () => {
  const whole = await pageFrozenAt(Number.POSITIVE_INFINITY)
  const pages = await Promise.all(Array.from({ length: READINGS }, (_, reading) => pageFrozenAt(reading)))

  expect(whole).toContain('clickstream_position_offset{group="g",topic="t",partition="0"} 7')
  expect(whole).toContain('clickstream_records_consumed_total{group="g",topic="t",partition="0"} 0')
  expect(new Set(pages)).toStrictEqual(new Set(['', whole]))
})
