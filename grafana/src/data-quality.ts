import { COUNTERS, HISTOGRAMS } from '../../prometheus/src/families.ts'
import type { Board, Row } from './board.ts'
import { bars, figure, rowsBy } from './figures.ts'
import { heat, lines, stack } from './graphs.ts'
import { bad, ZERO } from './panel.ts'
import { orNothing, quantile, rate, ratio, recorded, rise, scraped } from './queries.ts'

/** Within one scrape, which is of one position; by partition, so that too many in one cannot hide too few in another. */
const UNACCOUNTED = ['records_consumed', 'events', 'events_dropped', 'records_rejected']
  .map((name) => `sum by (topic, partition, instance) (${scraped(`${name}_total`)})`)
  .join(' - ')

const conservation: Row = {
  title: 'Is every record accounted for?',
  panels: [
    figure({
      title: 'Records not accounted for',
      description:
        'Consumed minus accepted, dropped and rejected, without its sign, added up over partitions. Always 0: anything else is a fault of the exporter.',
      unit: 'short',
      width: 4,
      height: 8,
      steps: ZERO,
      queries: [{ expr: `sum (abs(${UNACCOUNTED}))` }],
    }),
    figure({
      title: 'Records that did not count',
      description: 'Share of the records of the period shown that were dropped or rejected. The reasons stand below.',
      unit: 'percentunit',
      width: 4,
      height: 8,
      steps: bad(0.01, 0.05),
      queries: [
        { expr: ratio(rise('events_dropped'), rise('records_consumed')), legend: 'dropped' },
        { expr: ratio(rise('records_rejected'), rise('records_consumed')), legend: 'rejected' },
      ],
    }),
    bars({
      title: 'What became of the records of this period',
      description:
        'Read from the top: all that was consumed, and below it what it divides into, each bar as long as its part. The parts add up to the first bar.',
      unit: 'short',
      width: 8,
      height: 8,
      queries: [
        { expr: rise('records_consumed'), legend: 'consumed' },
        { expr: rise('events'), legend: '= accepted' },
        { expr: rise('events_dropped', { by: 'reason' }), legend: '+ dropped: {{reason}}' },
        {
          expr: orNothing('reason', `${rise('records_rejected', { by: 'reason' })} > 0`),
          legend: '+ rejected: {{reason}}',
        },
      ],
    }),
    stack({
      title: 'What becomes of the records over time',
      description:
        'Records a second, one part upon the other; the height of all is what is consumed. A band that appears or grows is where to look.',
      unit: 'cps',
      width: 8,
      height: 8,
      queries: [
        { expr: rate('events'), legend: 'accepted' },
        { expr: rate('events_dropped', { by: 'reason' }), legend: 'dropped: {{reason}}' },
        { expr: rate('records_rejected'), legend: 'rejected' },
      ],
    }),
  ],
}

const shareOf = (reason: string): string =>
  ratio(rate('events_dropped', { where: `reason="${reason}"` }), rate('records_consumed'))

const reasons: Row = {
  title: 'Why do records not count?',
  panels: [
    lines({
      title: 'Share that is late',
      description:
        'Of the records of each window, those behind the watermark. Above the dashed lines more lateness is needed, or somebody sends a backlog.',
      unit: 'percentunit',
      width: 6,
      height: 7,
      steps: bad(0.005, 0.02),
      queries: [{ expr: shareOf('late'), legend: 'late' }],
    }),
    lines({
      title: 'Share that is a duplicate',
      description:
        'Of the records of each window, those whose event id had been accepted. A little is repeated delivery; much is a client that sends everything again.',
      unit: 'percentunit',
      width: 6,
      height: 7,
      steps: bad(0.02, 0.05),
      queries: [{ expr: shareOf('duplicate'), legend: 'duplicate' }],
    }),
    lines({
      title: 'Share that is a bot',
      description: 'Of the records of each window, those of known bots. 0 unless --drop-bots is on: they count then.',
      unit: 'percentunit',
      width: 6,
      height: 7,
      steps: bad(0.1, 0.2),
      queries: [{ expr: shareOf('bot'), legend: 'bot' }],
    }),
    lines({
      title: 'Rejected records by reason',
      description:
        'Records a second that are no valid event. They are kept as dead letters; what each reason means stands in docs/definitions.md. A line named none: nothing is rejected.',
      unit: 'cps',
      width: 6,
      height: 7,
      queries: [
        { expr: orNothing('reason', `${rate('records_rejected', { by: 'reason' })} > 0`), legend: '{{reason}}' },
      ],
    }),
  ],
}

const EVENT_LAG = `sum by (le) (rate(${scraped('event_lag_seconds_bucket')}[$window]))`

const freshness: Row = {
  title: 'How fresh are the numbers?',
  panels: [
    heat({
      title: 'Time from the log to its processing',
      description:
        'Each column is a moment, each row a range of times, the darker the more records. Dark rows that climb: the exporter falls behind.',
      unit: 's',
      width: 8,
      height: 8,
      queries: [{ expr: EVENT_LAG, legend: '{{le}}' }],
    }),
    lines({
      title: 'Quantiles of that time',
      description:
        'Half, nine tenths and 99 hundredths of the records are processed within so much of reaching the log. A gap: no records came.',
      unit: 's',
      width: 8,
      height: 8,
      steps: bad(10, 60),
      queries: [0.5, 0.9, 0.99].map((share) => ({ expr: quantile(share, EVENT_LAG), legend: `p${share * 100}` })),
    }),
    lines({
      title: 'Watermark behind the clock',
      description:
        'By partition. The allowed lateness is always part of it. It climbs while a partition is quiet; with records to read it must not.',
      unit: 's',
      width: 8,
      height: 8,
      queries: [{ expr: `time() - ${recorded('watermark_timestamp_seconds')}`, legend: '{{topic}} {{partition}}' }],
    }),
  ],
}

const labels: Row = {
  title: 'Are the labels and keys as they should be?',
  panels: [
    bars({
      title: 'Room for label values in use',
      description:
        'Of the fullest partition. At 100 % further pages or currencies count under __other__: totals stay right, single pages are a lower bound.',
      unit: 'percentunit',
      width: 8,
      height: 7,
      steps: bad(0.8, 0.95),
      queries: [
        {
          expr: `max by (label) (${scraped('label_values')} / ${scraped('label_values_limit')})`,
          legend: '{{label}}',
        },
      ],
    }),
    figure({
      title: 'Events under __other__',
      description: 'Share of the accepted events of the period shown whose page or currency had no room left.',
      unit: 'percentunit',
      width: 8,
      height: 7,
      steps: bad(0.01, 0.1),
      queries: [
        {
          expr: ratio(rise('label_overflow', { by: 'label' }), rise('events'), 'on () group_left () '),
          legend: '{{label}}',
        },
      ],
    }),
    figure({
      title: 'Users seen in several partitions',
      description:
        'Sampled users of the period shown whose records came from more than one partition. Should be 0: sessions and dedupe need records keyed by user.',
      unit: 'short',
      width: 8,
      height: 7,
      steps: ZERO,
      queries: [{ expr: `sum (increase(${scraped('source_key_mismatch_total')}[$__range]))` }],
    }),
  ],
}

const NAMES = [
  ...Object.entries(COUNTERS).map(([name, own]) => [`${name}_total`, own] as const),
  ...HISTOGRAMS.flatMap((name) => [`${name}_sum`, `${name}_count`].map((part) => [part, []] as const)),
]

/** Every total under its name in the label `metric`. As scraped, because the recorded ones are older. */
const EXPOSED = NAMES.map(
  ([name, own]) =>
    `label_replace(sum (max by (${['topic', 'partition', ...own].join(', ')}) (${scraped(name)})), "metric", "${name}", "", "")`,
).join(' or ')
const EXPECTED = 'max by (metric) (clickstream_producer_expected_total)'
const AHEAD = `(${EXPOSED}) - on (metric) (${EXPECTED})`

const expected: Row = {
  title: 'Are the numbers those that the synthetic producer expects?',
  panels: [
    rowsBy(
      'metric',
      [
        { name: 'expected', unit: 'short' },
        { name: 'exposed', unit: 'short' },
        { name: 'difference', unit: 'short' },
      ],
      {
        title: 'Expected and exposed',
        description:
          'What the log must lead to, computed by the producer by rules of its own, beside what the exporter shows. They are equal once traffic stops; under way one of them is a moment ahead. Empty without a producer that knows what to expect.',
        unit: 'short',
        width: 16,
        height: 10,
        queries: [{ expr: EXPECTED }, { expr: EXPOSED }, { expr: AHEAD }],
      },
    ),
    figure({
      title: 'Greatest difference',
      description:
        'Of all those metrics, relative to what is expected. Under a hundredth is the moment between two scrapes; what stays after the traffic stopped is a fault.',
      unit: 'percentunit',
      width: 4,
      height: 10,
      steps: bad(0.01, 0.05),
      queries: [{ expr: `max (abs(${AHEAD}) / on (metric) ((${EXPECTED}) > 0))` }],
    }),
    figure({
      title: 'Records the producer has yet to judge',
      description: 'Seen in the log and not in the expected totals yet. The comparison holds at 0.',
      unit: 'short',
      width: 4,
      height: 10,
      steps: bad(10_000, 100_000),
      queries: [{ expr: 'max (clickstream_producer_expected_lag_records)' }],
    }),
  ],
}

/** What the records are like. */
export const dataQuality: Board = {
  uid: 'clickstream-data-quality',
  title: 'Data quality',
  description: 'What the records are like: which count, which do not and why, how fresh they are.',
  refresh: '10s',
  from: 'now-1h',
  variables: ['datasource', 'job', 'group', 'topic', 'window', 'runbook'],
  rows: [conservation, reasons, freshness, labels, expected],
}
