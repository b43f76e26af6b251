import { type Cells, type CounterCells, HistogramCells, MoneyCells } from '../core/cells.ts'
import type { PartitionState } from '../core/state.ts'
import { type FamilyDescription, PREFIX, type Sample } from './registry.ts'

/** The labels every state-derived series carries: whose history of which log it is. */
export const PARTITION_LABELS = ['group', 'topic', 'partition'] as const

/** A partition's numbers at one position, copied: what happens to the state later does not show. */
export interface PartitionCapture {
  readonly partition: number
  /** Next offset to process: the numbers are those of the log before it. */
  readonly offset: number
  readonly samples: ReadonlyMap<string, readonly Sample[]>
}

interface GaugeSource {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  read(state: PartitionState, offset: number): readonly { labels: Record<string, string>; value: number }[]
}

const one = (value: number) => [{ labels: {}, value }]

/** What a partition's state is right now, beside what it has counted. */
const GAUGES: readonly GaugeSource[] = [
  {
    name: 'sessions_open',
    help: 'Sessions that later events may still belong to.',
    labelNames: [],
    read: ({ sessions }) => one(sessions.open),
  },
  {
    name: 'sessions_open_over_24h',
    help: 'Open sessions that began a day or more before the watermark: mostly machines.',
    labelNames: [],
    read: ({ counters }) => one(counters.openOver24h),
  },
  {
    name: 'watermark_timestamp_seconds',
    help: 'Stream time minus the allowed lateness: events before it are late. Absent until the first event.',
    labelNames: [],
    read: ({ clock }) => (Number.isFinite(clock.watermarkMs) ? one(clock.watermarkMs / 1000) : []),
  },
  {
    name: 'position_offset',
    help: 'Next offset to process: all state-derived series are those of the log before it.',
    labelNames: [],
    read: (_state, offset) => one(offset),
  },
  {
    name: 'label_values',
    help: 'Label values in use, the ones for everything else included.',
    labelNames: ['label'],
    read: ({ counters }) =>
      [counters.pages, counters.currencies].map(({ label, values }) => ({ labels: { label }, value: values.length })),
  },
  {
    name: 'label_values_limit',
    help: 'Label values there is room for; further ones count under __other__.',
    labelNames: ['label'],
    read: ({ counters }) =>
      [counters.pages, counters.currencies].map(({ label, capacity }) => ({ labels: { label }, value: capacity })),
  },
]

/** Every state-derived family, in the order it is exposed. The cells are those of any state. */
export function stateFamilies(cells: readonly Cells[]): readonly FamilyDescription[] {
  return [
    ...cells.map((cell) => ({
      name: PREFIX + cell.name,
      help: cell.help,
      type: cell instanceof HistogramCells ? ('histogram' as const) : ('counter' as const),
      labelNames: [...('labels' in cell ? cell.labels.names : []), ...PARTITION_LABELS],
    })),
    ...GAUGES.map(({ name, help, labelNames }) => ({
      name: PREFIX + name,
      help,
      type: 'gauge' as const,
      labelNames: [...labelNames, ...PARTITION_LABELS],
    })),
  ]
}

/** Copies a state's numbers, synchronously: all of them belong to the same position. */
export function captureSamples(
  state: PartitionState,
  offset: number,
  sharedLabels: Readonly<Record<string, string>>,
): ReadonlyMap<string, readonly Sample[]> {
  const samples = new Map<string, readonly Sample[]>()
  for (const cell of state.counters.cells) samples.set(PREFIX + cell.name, cellSamples(cell, sharedLabels))
  for (const { name, read } of GAUGES) {
    samples.set(
      PREFIX + name,
      read(state, offset).map(({ labels, value }) => ({ labels, value, sharedLabels })),
    )
  }
  return samples
}

function cellSamples(cell: Cells, sharedLabels: Readonly<Record<string, string>>): readonly Sample[] {
  if (cell instanceof HistogramCells) return histogramSamples(cell, sharedLabels)
  return labelsOf(cell).map((labels, row) => ({
    labels,
    sharedLabels,
    value: cell instanceof MoneyCells ? cell.value(row) : cell.values[row]! / cell.perUnit,
  }))
}

/** A histogram's cumulative buckets, sum and count. */
export function histogramSamples(
  cell: HistogramCells,
  sharedLabels: Readonly<Record<string, string>>,
): readonly Sample[] {
  const name = PREFIX + cell.name
  let count = 0
  const buckets = [...cell.counts].map((inBucket, bucket) => {
    count += inBucket
    const le = bucket < cell.bounds.length ? cell.bounds[bucket]! : '+Inf'
    return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: cell.sum[0]! / cell.perUnit },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
  ]
}

/** A cell's rows as label objects. Rows are only ever added, so what was made for a cell stays right. */
const labelObjects = new WeakMap<Cells, Record<string, string>[]>()

function labelsOf(cell: CounterCells | MoneyCells): readonly Record<string, string>[] {
  let objects = labelObjects.get(cell)
  if (objects === undefined) {
    objects = []
    labelObjects.set(cell, objects)
  }
  const rows = cell.labels.rows()
  for (let row = objects.length; row < rows.length; row++) {
    objects.push(Object.fromEntries(cell.labels.names.map((label, at) => [label, rows[row]![at]!])))
  }
  return objects
}
