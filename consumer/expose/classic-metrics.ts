import { type FamilyDescription, PREFIX, type Registry, registerFamily, type Sample } from './registry.ts'
import type { PartitionCapture } from './state-families.ts'

interface ClassicFamily extends FamilyDescription {
  read(shown: readonly PartitionCapture[]): readonly Sample[]
}

/**
 * The plain names that simple panels and other monitors know, over all partitions of this process. Ratios and averages
 * cannot be summed over processes, and a partition that moves away takes its share along: alert on the others.
 */
export const CLASSIC_FAMILIES: readonly ClassicFamily[] = [
  {
    name: 'page_views_total',
    help: 'Page views by page, over all partitions of this process.',
    type: 'counter',
    labelNames: ['page'],
    read: (shown) => sumByPage(shown, 'page_views_total'),
  },
  {
    name: 'clicks_total',
    help: 'Clicks by page, over all partitions of this process.',
    type: 'counter',
    labelNames: ['page'],
    read: (shown) => sumByPage(shown, 'clicks_total'),
  },
  {
    name: 'average_session_duration_seconds',
    help: 'Average duration of all closed sessions; 0 before the first.',
    type: 'gauge',
    labelNames: [],
    read: (shown) => [ratio(sum(shown, 'session_duration_seconds', '_sum'), sum(shown, 'sessions_closed_total'))],
  },
  {
    name: 'bounce_rate_percent',
    help: 'Share of all closed sessions with exactly one page view, 0 to 100; 0 before the first.',
    type: 'gauge',
    labelNames: [],
    read: (shown) => [
      ratio(
        100 * sum(shown, 'sessions_bounced_total', '', { definition: 'single_page' }),
        sum(shown, 'sessions_closed_total'),
      ),
    ],
  },
]

export function registerClassicMetrics(registry: Registry, shown: () => readonly PartitionCapture[]): void {
  for (const family of CLASSIC_FAMILIES) registerFamily(registry, family, () => family.read(shown()))
}

/** Page views or clicks summed by page. */
export function sumByPage(shown: readonly PartitionCapture[], name: string): readonly Sample[] {
  const byPage = new Map<string, number>()
  for (const { samples } of shown) {
    for (const { labels, value } of samples.get(PREFIX + name) ?? []) {
      const page = String(labels.page)
      byPage.set(page, (byPage.get(page) ?? 0) + value)
    }
  }
  return [...byPage].map(([page, value]) => ({ labels: { page }, value }))
}

/** Sum of a family's samples over partitions: of a histogram's `_sum` by the suffix, of those with the given label. */
export function sum(
  shown: readonly PartitionCapture[],
  name: string,
  suffix = '',
  wanted: Readonly<Record<string, string>> = {},
): number {
  const wantedLabels = Object.entries(wanted)
  let total = 0
  for (const { samples } of shown) {
    for (const sample of samples.get(PREFIX + name) ?? []) {
      if ((sample.metricName ?? PREFIX + name) !== PREFIX + name + suffix) continue
      if (wantedLabels.every(([label, value]) => sample.labels[label] === value)) total += sample.value
    }
  }
  return total
}

const ratio = (part: number, whole: number): Sample => ({ labels: {}, value: whole === 0 ? 0 : part / whole })
