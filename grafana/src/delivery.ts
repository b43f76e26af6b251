import type { Board, Row } from './board.ts'
import { figure } from './figures.ts'
import { lines, stack, states } from './graphs.ts'
import { bad, ZERO } from './panel.ts'
import { processRise, quantile, rate, ratio, recorded, scraped } from './queries.ts'

const LAG = recorded('kafka_consumer_lag_records')

const keepingUp: Row = {
  title: 'Does it keep up?',
  panels: [
    figure({
      title: 'Time to catch up',
      description:
        'Records still to read, divided by the pace of the last window. Seconds are normal; it grows when the exporter is slower than the source.',
      unit: 's',
      width: 4,
      height: 7,
      steps: bad(30, 300),
      queries: [{ expr: `sum (${LAG}) / clamp_min(${rate('records_consumed')}, 0.1)` }],
    }),
    lines({
      title: 'Records still to read',
      description:
        'By partition. One line above the others: a partition that gets more than its share, or stands still.',
      unit: 'short',
      width: 8,
      height: 7,
      queries: [{ expr: LAG, legend: '{{topic}} {{partition}}' }],
    }),
    lines({
      title: 'Records processed a second',
      description: 'By partition. Lines far apart: the keys are spread unevenly. At 0 with records to read: stuck.',
      unit: 'cps',
      width: 6,
      height: 7,
      queries: [{ expr: rate('records_consumed', { by: 'topic, partition' }), legend: '{{topic}} {{partition}}' }],
    }),
    states(
      {
        title: 'Which partitions are caught up',
        description:
          'Behind from the start until the end that was seen then is reached, and while far behind. Alerts on visitors are silent meanwhile.',
        unit: 'short',
        width: 6,
        height: 7,
        steps: [
          { value: null, color: 'orange' },
          { value: 1, color: 'green' },
        ],
        queries: [{ expr: `max by (topic, partition) (${scraped('caught_up')})`, legend: '{{topic}} {{partition}}' }],
      },
      ['behind', 'caught up'],
    ),
  ],
}

const owners: Row = {
  title: 'Who has which partitions?',
  panels: [
    stack({
      title: 'Partitions by owner',
      description:
        'One band per process. The bands should add up to all partitions of the topic; a gap is a rebalance.',
      unit: 'short',
      width: 8,
      height: 7,
      queries: [{ expr: `sum by (instance) (${scraped('partitions_assigned')})`, legend: '{{instance}}' }],
    }),
    figure({
      title: 'Partitions nobody shows',
      description:
        'Partitions of the topic minus those that some process exposes. For a moment during a rebalance or a restore, otherwise 0: their numbers are missing from every sum.',
      unit: 'short',
      width: 4,
      height: 7,
      steps: ZERO,
      queries: [
        {
          expr: `sum (max by (topic) (${scraped('source_partitions')})) - (count (count by (topic, partition) (${scraped('position_offset')})) or vector(0))`,
        },
      ],
    }),
    lines({
      title: 'Rebalances and restores',
      description:
        'Counted over each window, by process. A partition that moves is restored by its new owner; rebalances without end mean processes that leave and join again.',
      unit: 'short',
      width: 6,
      height: 7,
      queries: [
        {
          expr: `sum by (instance) (increase(${scraped('rebalances_total')}[$window]))`,
          legend: 'rebalances {{instance}}',
        },
        {
          expr: `sum by (instance) (increase(${scraped('restore_duration_seconds_count')}[$window]))`,
          legend: 'restores {{instance}}',
        },
      ],
    }),
    figure({
      title: 'Pasts that could not be rebuilt',
      description:
        'Partitions whose counters began again at 0 since their process started, by cause. Should be 0; the runbook says what each cause means.',
      unit: 'short',
      width: 6,
      height: 7,
      steps: ZERO,
      queries: [{ expr: `sum by (cause) (${scraped('lineage_resets_total')})`, legend: '{{cause}}' }],
    }),
  ],
}

const durability: Row = {
  title: 'Is the state saved?',
  panels: [
    lines({
      title: 'Commits, and those that failed',
      description: 'A second, by process. Nothing newer is shown while commits fail; some may fail in a rebalance.',
      unit: 'cps',
      width: 6,
      height: 7,
      queries: [
        { expr: `sum by (instance) (rate(${scraped('commits_total')}[$window]))`, legend: 'done {{instance}}' },
        {
          expr: `sum by (instance) (rate(${scraped('commit_failures_total')}[$window]))`,
          legend: 'failed {{instance}}',
        },
      ],
    }),
    lines({
      title: 'Age of the numbers shown',
      description: 'Since the commit that made them durable, by process. Beyond a few seconds commits are failing.',
      unit: 's',
      width: 6,
      height: 7,
      steps: bad(10, 60),
      queries: [{ expr: 'clickstream_capture_age_seconds{job="$job"}', legend: '{{instance}}' }],
    }),
    lines({
      title: 'Age of the last snapshot',
      description:
        'By partition: about what a crash has to replay. It climbs to --snapshot-interval (30 s) and falls, and goes on climbing only where no records come.',
      unit: 's',
      width: 6,
      height: 7,
      steps: bad(300, 900),
      queries: [
        {
          expr: `max by (topic, partition) (${scraped('snapshot_age_seconds')})`,
          legend: '{{topic}} {{partition}}',
        },
      ],
    }),
    lines({
      title: 'Size of the snapshots',
      description:
        'By partition. It follows the open sessions and the remembered event ids; growth without more traffic is a source of new ids or of sessions that never end.',
      unit: 'bytes',
      width: 6,
      height: 7,
      queries: [
        { expr: `max by (topic, partition) (${scraped('snapshot_size_bytes')})`, legend: '{{topic}} {{partition}}' },
      ],
    }),
    figure({
      title: 'How long a snapshot takes',
      description: 'Mean over the period shown, encoding and storing, by process. Records are processed meanwhile.',
      unit: 's',
      width: 6,
      height: 6,
      steps: bad(5, 30),
      queries: [
        {
          expr: ratio(
            processRise('snapshot_duration_seconds_sum', 'instance'),
            processRise('snapshot_duration_seconds_count', 'instance'),
          ),
          legend: '{{instance}}',
        },
      ],
    }),
    figure({
      title: 'How long a restore takes',
      description:
        'Nine tenths of the restores since the processes started took no longer. A partition is not shown meanwhile.',
      unit: 's',
      width: 6,
      height: 6,
      steps: bad(10, 60),
      queries: [{ expr: quantile(0.9, `sum by (le) (${scraped('restore_duration_seconds_bucket')})`) }],
    }),
    lines({
      title: 'Time a scrape takes',
      description: 'By process, capture and commit included. Beyond the scrape timeout there are gaps in everything.',
      unit: 's',
      width: 6,
      height: 6,
      steps: bad(1, 4),
      queries: [{ expr: 'scrape_duration_seconds{job="$job"}', legend: '{{instance}}' }],
    }),
    lines({
      title: 'Series exposed',
      description: 'By process. Every page costs a handful per partition; beyond 10,000 the exporter warns.',
      unit: 'short',
      width: 6,
      height: 6,
      steps: bad(10_000, 20_000),
      queries: [{ expr: 'scrape_samples_scraped{job="$job"}', legend: '{{instance}}' }],
    }),
  ],
}

const runtime: Row = {
  title: 'Is the process healthy?',
  panels: [
    lines({
      title: 'Event loop lag',
      description:
        'By process: 99 of 100 turns of the event loop came no later than this. Above a tenth of a second scrapes and heartbeats are late.',
      unit: 's',
      width: 6,
      height: 7,
      steps: bad(0.1, 1),
      queries: [{ expr: 'nodejs_eventloop_lag_p99_seconds{job="$job"}', legend: '{{instance}}' }],
    }),
    lines({
      title: 'Memory',
      description:
        'By process: all of it, and what the heap uses. About 106 bytes an open session and 22 a remembered id; growth without either is a leak.',
      unit: 'bytes',
      width: 6,
      height: 7,
      queries: [
        { expr: 'process_resident_memory_bytes{job="$job"}', legend: 'resident {{instance}}' },
        { expr: 'nodejs_heap_size_used_bytes{job="$job"}', legend: 'heap {{instance}}' },
      ],
    }),
    lines({
      title: 'CPU',
      description:
        'Cores in use by process. One is all that its event loop can take: near the dashed line another instance is due.',
      unit: 'short',
      width: 6,
      height: 7,
      steps: bad(0.7, 0.95),
      queries: [{ expr: 'rate(process_cpu_seconds_total{job="$job"}[$window])', legend: '{{instance}}' }],
    }),
    lines({
      title: 'Time spent collecting garbage',
      description: 'Share of the time, by process. Above a tenth the heap is too small for its state.',
      unit: 'percentunit',
      width: 6,
      height: 7,
      steps: bad(0.05, 0.1),
      queries: [
        {
          expr: 'sum by (instance) (rate(nodejs_gc_duration_seconds_sum{job="$job"}[$window]))',
          legend: '{{instance}}',
        },
      ],
    }),
  ],
}

/** Whether the numbers get here. */
export const delivery: Board = {
  uid: 'clickstream-pipeline',
  title: 'Delivery',
  description: 'Whether the numbers get here: lag, ownership of partitions, commits and snapshots, the processes.',
  refresh: '10s',
  from: 'now-1h',
  variables: ['datasource', 'job', 'group', 'topic', 'window', 'runbook'],
  rows: [keepingUp, owners, durability, runtime],
}
