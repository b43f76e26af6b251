import { PRODUCTION } from '../src/windows.ts'
import { type ExporterOptions, exporter } from './exporter.ts'
import { type Flow, ordinary, scaled } from './flow.ts'
import { history } from './history.ts'
import type { Expectation, RuleTest } from './promtool.ts'
import type { InputSeries } from './series.ts'

/** Seconds between two scrapes, and from the beginning to what happens and to the end. */
const EVERY = 15
const HAPPENS = 1_200
const END = 2_400
const ABSENT = 45

const TOPIC = '{group="shop", job="clickstream", topic="user-events"}'
/** Page views a second, of the whole topic: the rest of the flow is steady too. */
const VIEWS = 100

const flow = (seconds: number): Flow => ({ ...ordinary(seconds), bounced: 0.4, converted: 0.2 })

const steady = (lostAt?: number) =>
  history({ partitions: 3, scrapes: END / EVERY + 1, every: EVERY, flow, ...(lostAt === undefined ? {} : { lostAt }) })

const shown = (options: Partial<ExporterOptions> = {}): InputSeries[] =>
  exporter({ history: steady(), every: EVERY, ...options })

/** Events that a topic has had by then: a scrape at second 0 has those of the first interval already. */
const by = (seconds: number, perSecond: number): number => (seconds + EVERY) * perSecond

const total = (name: string, atSeconds: number, value: number): Expectation => ({
  expr: `round(sum by (job, group, topic) (topic:clickstream_${name}:total))`,
  atSeconds,
  samples: [{ series: TOPIC, value }],
})

const rate = (series: string, atSeconds: number, value: number, owner = TOPIC): Expectation => ({
  expr: `round(sum by (job, group, topic) (topic:clickstream_${series} and on (job, group, topic) topic:clickstream_sessions_closed:rate5m${owner}), 0.01)`,
  atSeconds,
  samples: [{ series: owner, value }],
})

/** To the unit, which no rate is. */
const exactly = (name: string, from: number, to: number, value: number): Expectation => ({
  expr: `sum by (job, group, topic) (partition:clickstream_${name}:max - partition:clickstream_${name}:max offset ${to - from}s)`,
  atSeconds: to,
  samples: [{ series: TOPIC, value }],
})

const is = (expr: string, atSeconds: number, value: number): Expectation => ({
  expr,
  atSeconds,
  samples: [{ series: '{}', value }],
})

const unchanged = (atSeconds: number): Expectation[] => [
  total('page_views', atSeconds, by(atSeconds, VIEWS)),
  total('revenue', atSeconds, by(atSeconds, 150)),
  rate('page_views:rate5m', atSeconds, VIEWS),
  rate('events:rate5m{event="checkout"}', atSeconds, 10),
]

/** The second whose numbers a process shows that cannot commit any more: those of `since`, for half a minute. */
const stale = (since: number) => (seconds: number) =>
  seconds <= since ? seconds : seconds <= since + 30 ? since : undefined

const second = (options: Partial<ExporterOptions>): InputSeries[] =>
  exporter({
    history: history({ partitions: 3, scrapes: END / EVERY + 1, every: EVERY, flow: (at) => scaled(flow(at), 2) }),
    every: EVERY,
    ...options,
  })

const PARTITION_1_MOVES = [
  ...shown({ shows: (at, partition) => (partition !== 1 || at < HAPPENS ? at : undefined) }),
  ...shown({
    instance: 'b:8000',
    shows: (at, partition) => (partition === 1 && at >= HAPPENS + ABSENT ? at : undefined),
  }),
]

const CASES: readonly Omit<RuleTest, 'every'>[] = [
  {
    name: 'a total does not fall while a partition is between two processes',
    series: PARTITION_1_MOVES,
    // A third of it stands still meanwhile: the last that was seen of partition 1.
    expectations: [
      is('count(partition:clickstream_records_consumed:max)', HAPPENS + 30, 2),
      total('page_views', HAPPENS + 30, by(HAPPENS + 30, VIEWS) - (30 + PRODUCTION.interval) * (VIEWS / 3)),
      total('records_consumed', HAPPENS + 30, by(HAPPENS + 30, 228) - (30 + PRODUCTION.interval) * 76),
    ],
  },
  {
    name: 'totals and rates are those of one process after a partition has moved',
    series: PARTITION_1_MOVES,
    expectations: [
      ...unchanged(HAPPENS + 420),
      exactly('page_views', HAPPENS - 300, HAPPENS + 300, 600 * VIEWS),
      exactly('revenue', HAPPENS - 300, HAPPENS + 300, 600 * 150),
      exactly('sessions_closed', HAPPENS - 300, HAPPENS + 300, 600 * 20),
      is('sum(resets(partition:clickstream_page_views:max[30m]))', HAPPENS + 420, 0),
    ],
  },
  {
    name: 'a process that shows old numbers neither doubles nor holds back those of the new owner',
    series: [
      ...shown({ shows: stale(HAPPENS) }),
      ...shown({ instance: 'b:8000', shows: (at) => (at > HAPPENS ? at : undefined) }),
    ],
    expectations: [
      ...unchanged(HAPPENS + 30),
      ...unchanged(HAPPENS + 420),
      exactly('page_views', HAPPENS - 300, HAPPENS + 30, 330 * VIEWS),
      is('sum(resets(partition:clickstream_page_views:max[30m]))', HAPPENS + 420, 0),
    ],
  },
  {
    name: 'lost history is a counter reset: the total begins again, the rate goes on',
    series: exporter({ history: steady(HAPPENS), every: EVERY }),
    expectations: [
      total('page_views', HAPPENS + 420, (420 + EVERY) * VIEWS),
      rate('page_views:rate5m', HAPPENS + 420, VIEWS),
      exactly('page_views', HAPPENS + 60, HAPPENS + 660, 600 * VIEWS),
      is('sum(resets(partition:clickstream_records_consumed:max[30m]))', HAPPENS + 420, 3),
    ],
  },
  {
    name: 'a second group counts the same topic for itself',
    series: [...shown(), ...second({ group: 'other', instance: 'b:8000' })],
    expectations: ['topic:clickstream_page_views:rate5m', 'topic:clickstream_page_views:total'].map((series) => ({
      expr: `round(sum by (group) (${series}))`,
      atSeconds: END,
      samples: [1, 2].map((factor) => ({
        series: `{group="${factor === 1 ? 'shop' : 'other'}"}`,
        value: factor * (series.endsWith('total') ? by(END, VIEWS) : VIEWS),
      })),
    })),
  },
  {
    name: 'a second topic has numbers of its own, ratios included',
    series: [...shown(), ...second({ topic: 'app-events', instance: 'b:8000' })],
    expectations: [
      rate('page_views:rate5m', END, VIEWS),
      rate('page_views:rate5m', END, 2 * VIEWS, '{group="shop", job="clickstream", topic="app-events"}'),
      is('count(topic:clickstream_click_through:ratio_rate5m)', END, 2),
      is('min(topic:clickstream_settled:bool)', END, 1),
    ],
  },
  {
    name: 'another job is another exporter',
    series: [...shown(), ...second({ job: 'staging', instance: 'b:8000' })],
    expectations: [
      rate('page_views:rate5m', END, VIEWS),
      rate('page_views:rate5m', END, 2 * VIEWS, '{group="shop", job="staging", topic="user-events"}'),
    ],
  },
  {
    name: 'ratios are those of sums, whatever the sizes of the partitions',
    series: shown(),
    expectations: [
      is('round(sum(topic:clickstream_click_through:ratio_rate5m), 0.001)', END, 0.4),
      is('round(sum(page:clickstream_click_through:ratio_rate5m{page="/"}), 0.001)', END, 0.533),
      is('round(sum(topic:clickstream_bounce:ratio_rate5m{definition="ga4"}), 0.001)', END, 0.4),
      is('round(sum(topic:clickstream_funnel_conversion:ratio_rate5m{step="view"}), 0.001)', END, 1),
      is('round(sum(topic:clickstream_funnel_conversion:ratio_rate5m{step="cart"}), 0.001)', END, 0.5),
      is('round(sum(topic:clickstream_funnel_conversion:ratio_rate5m{step="purchase"}), 0.001)', END, 0.2),
      is('round(sum(topic:clickstream_checkout_conversion:ratio_rate5m), 0.001)', END, 0.5),
      is('round(sum(topic:clickstream_session_duration_seconds:mean_rate5m), 0.001)', END, 60),
      // All of them lie in the bucket from 30 s to 60 s, and in that from 10 s to 20 s.
      is('round(sum(topic:clickstream_session_duration_seconds:histogram_quantile{quantile="0.5"}), 0.1)', END, 45),
      is('round(sum(topic:clickstream_checkout_to_purchase_seconds:histogram_quantile{quantile="0.9"}), 0.1)', END, 19),
    ],
  },
  {
    name: 'nothing is settled while a partition is shown by nobody, or has not caught up',
    series: [
      ...shown({ shows: (at, partition) => (partition !== 1 || at < HAPPENS ? at : undefined) }),
      ...shown({ topic: 'app-events', instance: 'b:8000', caughtUp: (at) => (at === HAPPENS ? 0 : 1) }),
    ],
    expectations: [
      is('sum(topic:clickstream_settled:bool)', HAPPENS - 30, 2),
      is('count(topic:clickstream_settled:bool{topic="app-events"}) or vector(0)', HAPPENS + 270, 0),
      is('count(topic:clickstream_settled:bool{topic="app-events"}) or vector(0)', HAPPENS + 330, 1),
      is('count(topic:clickstream_traffic:rate5m{topic="user-events"}) or vector(0)', HAPPENS + 420, 0),
    ],
  },
]

export const RECORDING_CASES: readonly RuleTest[] = CASES.map((one) => ({ ...one, every: EVERY }))
