import { BUDGET, BURN_RATES, inName, lossOver } from '../../prometheus/src/checkout-burn.ts'
import type { Board, Row } from './board.ts'
import { bars, figure } from './figures.ts'
import { lines, states } from './graphs.ts'
import { atLeast, bad, ZERO } from './panel.ts'
import { alerts, CHOSEN, orNothing, rise } from './queries.ts'

const BY = 'alertname, severity, kind'
const LEGEND = '{{alertname}} {{severity}}'

const now: Row = {
  title: 'Is anything wrong now?',
  panels: [
    figure({
      title: 'Alerts firing',
      description:
        'How many fire now. Who was told of them is shown by Alertmanager, which silences visitors’ alerts while numbers are missing.',
      unit: 'short',
      width: 6,
      height: 5,
      steps: ZERO,
      queries: [{ expr: `count (${alerts('firing')}) or vector(0)` }],
    }),
    figure({
      title: 'Alerts pending',
      description: 'Their condition holds, for less long than it has to. Most go away by themselves.',
      unit: 'short',
      width: 6,
      height: 5,
      steps: bad(1, 5),
      queries: [{ expr: `count (${alerts('pending')}) or vector(0)` }],
    }),
    figure({
      title: 'Exporters that answer',
      description: 'Share of the exporters to scrape that answered the last scrape.',
      unit: 'percentunit',
      width: 6,
      height: 5,
      steps: atLeast(1),
      queries: [{ expr: 'avg (up{job="$job"})' }],
    }),
    figure({
      title: 'Are alerts on visitors on?',
      description:
        'On when every partition of the topic has been shown and caught up for the whole window of the rates. They are silent while it is off, as nothing is known then.',
      unit: 'bool_on_off',
      width: 6,
      height: 5,
      steps: atLeast(1),
      queries: [{ expr: `min (topic:clickstream_settled:bool{${CHOSEN}}) or vector(0)` }],
    }),
  ],
}

/** `m15` as it stands in the names of series, each window once. */
const WINDOWS = [...new Set(BURN_RATES.flatMap(({ short, long }) => [short, long]))]
const lossRate = (window: (typeof WINDOWS)[number]): string => `${lossOver(window)}{${CHOSEN}}`
const burn = (loss: string): string => `${loss} / ${BUDGET}`
const spent = (range: string): string => burn(`avg_over_time(${lossRate('m15')}[${range}])`)
const PERCENT = BUDGET * 100

const objective: Row = {
  title: 'Do checkouts end in purchases as usual?',
  panels: [
    figure({
      title: 'Error budget left',
      description: `Of the purchases that usually follow the checkouts, ${PERCENT} % may be missing over 30 days. 100 %: none are; below 0 the objective is missed. Unknown until the past week, without its last hour, holds 200 checkouts; less history than 30 days counts as if it were all.`,
      unit: 'percentunit',
      width: 6,
      height: 8,
      steps: [
        { value: null, color: 'red' },
        { value: 0, color: 'orange' },
        { value: 0.25, color: 'green' },
      ],
      queries: [{ expr: `1 - ${spent('30d')}`, legend: '{{topic}}' }],
    }),
    figure({
      title: 'Budget spent in this period',
      description:
        'Share of the budget of 30 days that the period shown has used up. Negative: more purchases than usual.',
      unit: 'percentunit',
      width: 6,
      height: 8,
      steps: bad(0.02, 0.1),
      queries: [{ expr: `${spent('$__range')} * $__range_s / (30 * 86400)`, legend: '{{topic}}' }],
    }),
    lines({
      title: 'How fast the budget is spent',
      description: `1 spends it in exactly 30 days. An alert fires when both windows of a pair are above its line: ${BURN_RATES.map(({ long, short, factor }) => `${inName(long)} and ${inName(short)} at ${factor}`).join(', ')}.`,
      unit: 'short',
      width: 12,
      height: 8,
      steps: [
        { value: null, color: 'green' },
        ...BURN_RATES.toReversed().map(({ factor, severity }) => ({
          value: factor,
          color: severity === 'page' ? 'red' : 'orange',
        })),
      ],
      queries: WINDOWS.map((window) => ({ expr: burn(lossRate(window)), legend: `${inName(window)} {{topic}}` })),
    }),
    lines({
      title: 'Purchases per checkout, and what is usual',
      description:
        'The share in each window beside that of the past week. The gap below the usual is what spends the budget.',
      unit: 'percentunit',
      width: 12,
      height: 8,
      queries: [
        { expr: `topic:clickstream_checkout_conversion:ratio_rate5m{${CHOSEN}}`, legend: 'now {{topic}}' },
        { expr: `topic:clickstream_checkout_conversion:usual7d{${CHOSEN}}`, legend: 'usual {{topic}}' },
      ],
    }),
    figure({
      title: 'Checkouts and purchases of this period',
      description:
        'How many events the shares beside it are made of. With a handful of them chance alone moves the shares.',
      unit: 'short',
      width: 6,
      height: 8,
      queries: ['checkout', 'purchase'].map((event) => ({
        expr: rise('events', { where: `event="${event}"` }),
        legend: event,
      })),
    }),
    figure({
      title: 'Purchases missing in this period',
      description:
        'Those that would have followed the checkouts of the period shown if they had converted as usual, minus those that did. Negative: more than usual.',
      unit: 'short',
      width: 6,
      height: 8,
      queries: [
        {
          expr: `${rise('events', { by: 'topic', where: 'event="checkout"' })} * on (topic) max by (topic) (topic:clickstream_checkout_conversion:usual7d{${CHOSEN}}) - on (topic) ${rise('events', { by: 'topic', where: 'event="purchase"' })}`,
          legend: '{{topic}}',
        },
      ],
    }),
  ],
}

const firing = `max by (${BY}) (${alerts('firing')})`
/** Looked at that often: an alert that fires for less may show in the timeline alone. */
const STEP_SECONDS = 15
const earlier = `max by (${BY}) (${alerts('firing')} offset ${STEP_SECONDS}s)`
const steps = (condition: string): string => `count_over_time((${condition})[$__range:${STEP_SECONDS}s])`
const greatestFirst = (amounts: string): string => `sort_desc(${orNothing('alertname', amounts)})`

const past: Row = {
  title: 'What fired, when, and for how long?',
  panels: [
    states(
      {
        title: 'Firing over time',
        description:
          'A bar while an alert fired. Bars that begin together have one cause: look at those of the pipeline first. A single bar named none: nothing fired.',
        unit: 'short',
        width: 24,
        height: 9,
        steps: [
          { value: null, color: 'green' },
          { value: 1, color: 'red' },
        ],
        queries: [{ expr: orNothing('alertname', firing), legend: LEGEND }],
      },
      ['nothing fires', 'firing'],
    ),
    bars({
      title: 'How long each fired in this period',
      description: 'Longest first. What fires often for short is noise: make it wait longer, or take it out.',
      unit: 's',
      width: 12,
      height: 9,
      steps: bad(1, 3600),
      queries: [{ expr: greatestFirst(`${STEP_SECONDS} * ${steps(firing)}`), legend: LEGEND }],
    }),
    bars({
      title: 'How often each began to fire in this period',
      description: 'Most often first. Counted once for all that fire under one name at the same time.',
      unit: 'short',
      width: 12,
      height: 9,
      steps: bad(1, 10),
      queries: [{ expr: greatestFirst(steps(`${firing} unless ${earlier}`)), legend: LEGEND }],
    }),
  ],
}

/** What alerts there are and were. */
export const alertsAndObjectives: Board = {
  uid: 'clickstream-alerts',
  title: 'Alerts and SLOs',
  description: 'What fires, what fired and for how long, and how much of the error budget of the checkout is left.',
  refresh: '10s',
  from: 'now-6h',
  variables: ['datasource', 'job', 'group', 'topic', 'runbook'],
  rows: [now, objective, past],
}
