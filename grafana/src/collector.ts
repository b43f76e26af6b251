import { MOST_TURNED_AWAY, TURNED_AWAY } from '../../prometheus/src/collector-alerts.ts'
import type { Board, Row } from './board.ts'
import { figure } from './figures.ts'
import { lines, stack, states } from './graphs.ts'
import { atLeast, bad } from './panel.ts'
import { OF_COLLECTORS, orNothing, quantile, ratio } from './queries.ts'

/**
 * A collector is a job of its own, or a part of the exporter's: both are found by the metric's name. Its counters are
 * the process's own, so nothing of them is shown twice.
 */
const collected = (name: string, where = ''): string =>
  `clickstream_collector_${name}{${where === '' ? OF_COLLECTORS : `${OF_COLLECTORS},${where}`}}`

const perSecond = (name: string, by: string): string => `sum by (${by}) (rate(${collected(name)}[$window]))`

const inPeriod = (name: string, where = ''): string => `sum (increase(${collected(name, where)}[$__range]))`

const answering: Row = {
  title: 'Does it take events?',
  panels: [
    states(
      {
        title: 'Does the log take records?',
        description:
          'By process. While it does not, every event is answered with 503, and lost where the sender does not try again.',
        unit: 'short',
        width: 7,
        height: 8,
        steps: atLeast(1),
        queries: [{ expr: `min by (instance) (${collected('log_available')})`, legend: '{{instance}}' }],
      },
      ['takes nothing', 'takes records'],
    ),
    figure({
      title: 'Requests turned away',
      description:
        'Share of the requests of the period shown that were answered with 429, 500 or 503 although nothing was wrong with them. Red begins where EventsNotTaken fires.',
      unit: 'percentunit',
      width: 3,
      height: 8,
      steps: bad(MOST_TURNED_AWAY / 5, MOST_TURNED_AWAY),
      queries: [{ expr: ratio(inPeriod('requests_total', TURNED_AWAY), inPeriod('requests_total')) }],
    }).noValue('no requests'),
    stack({
      title: 'Records by what became of them',
      description:
        'Records a second, one part upon the other; the height of all is what is received. Duplicates were in the log already and are fine; failed ones were not confirmed by the log.',
      unit: 'cps',
      width: 7,
      height: 8,
      queries: [{ expr: perSecond('records_total', 'outcome'), legend: '{{outcome}}' }],
    }),
    lines({
      title: 'Requests by status',
      description:
        'Answers a second, of all paths. 4xx is for the sender to correct, but 429; 429 and 5xx are to be sent again. A line named none: nobody asks.',
      unit: 'reqps',
      width: 7,
      height: 8,
      queries: [{ expr: orNothing('status', `${perSecond('requests_total', 'status')} > 0`), legend: '{{status}}' }],
    }),
  ],
}

const LOST = ['rejected', 'failed']

const refusing: Row = {
  title: 'Why is something refused?',
  panels: [
    figure({
      title: 'Records received in vain',
      description:
        'Share of the records of the period shown that are no valid event, or that the log did not confirm. Those of refused requests are not in it: nobody counted them.',
      unit: 'percentunit',
      width: 4,
      height: 8,
      steps: bad(0.01, 0.05),
      queries: LOST.map((outcome) => ({
        expr: ratio(inPeriod('records_total', `outcome="${outcome}"`), inPeriod('records_total')),
        legend: outcome,
      })),
    }).noValue('no records'),
    lines({
      title: 'Refused requests by reason',
      description:
        'Requests a second that were refused as a whole. What each reason asks of the sender stands in docs/collector.md. A line named none: nothing is refused.',
      unit: 'reqps',
      width: 10,
      height: 8,
      queries: [
        { expr: orNothing('reason', `${perSecond('requests_refused_total', 'reason')} > 0`), legend: '{{reason}}' },
      ],
    }),
    lines({
      title: 'Received records that are no event, by reason',
      description:
        'Records a second that are kept out of the log while the rest of their request gets in. The answer says which, why and what to do. A line named none: all are events.',
      unit: 'cps',
      width: 10,
      height: 8,
      queries: [
        { expr: orNothing('reason', `${perSecond('records_rejected_total', 'reason')} > 0`), legend: '{{reason}}' },
      ],
    }),
  ],
}

const quantiles = (histogram: string, ...shares: readonly number[]) =>
  shares.map((share) => ({ expr: quantile(share, perSecond(`${histogram}_bucket`, 'le')), legend: `p${share * 100}` }))

const waiting: Row = {
  title: 'How long do clients wait?',
  panels: [
    lines({
      title: 'Time until a request is answered',
      description:
        'Half and 99 hundredths of the POST /events took no longer, the way in included: far above the log’s time it is senders on slow lines. A gap: nobody sent.',
      unit: 's',
      width: 12,
      height: 7,
      steps: bad(1, 10),
      queries: quantiles('request_duration_seconds', 0.5, 0.99),
    }),
    lines({
      title: 'Time the log takes',
      description:
        '99 of 100 groups of requests were durable within so much, failures included. Near --append-timeout (10 s) requests are answered with 503. A gap: nothing was written.',
      unit: 's',
      width: 12,
      height: 7,
      steps: bad(1, 10),
      queries: quantiles('append_duration_seconds', 0.99),
    }),
  ],
}

const PENDING = `max_over_time(${collected('pending_bytes')}[$window]) / ${collected('pending_bytes_limit')}`
const CORES = `rate(process_cpu_seconds_total[$window]) and on (job, instance) ${collected('log_available')}`

const limits: Row = {
  title: 'How near is it to its limits?',
  panels: [
    lines({
      title: 'Room for waiting requests in use',
      description:
        'Of --max-pending-bytes, the most that a scrape saw in each window, by process. At 100 % requests are answered with 503; one client alone gets 429 from half on.',
      unit: 'percentunit',
      width: 8,
      height: 7,
      steps: bad(0.5, 0.9),
      queries: [{ expr: `max by (instance) (${PENDING})`, legend: '{{instance}}' }],
    }),
    lines({
      title: 'Bytes received a second',
      description:
        'By process: the bodies of requests that were read to their end, unpacked. It falls while requests are refused before they are read.',
      unit: 'Bps',
      width: 8,
      height: 7,
      queries: [{ expr: perSecond('received_bytes_total', 'instance'), legend: '{{instance}}' }],
    }),
    lines({
      title: 'Cores in use',
      description:
        'By process, all that it does besides included. One is what its event loop can take: near the dashed line another collector is due.',
      unit: 'short',
      width: 8,
      height: 7,
      steps: bad(0.7, 0.95),
      queries: [{ expr: CORES, legend: '{{instance}}' }],
    }),
  ],
}

/** What comes in over HTTP. */
export const collector: Board = {
  uid: 'clickstream-collector',
  title: 'Collector',
  description:
    'Events that come in over HTTP: whether they are taken, why not, how long senders wait, what room is left.',
  refresh: '10s',
  from: 'now-1h',
  variables: ['datasource', 'collector', 'window', 'runbook'],
  marks: `ALERTS{alertstate="firing",alertname="EventsNotTaken",${OF_COLLECTORS}}`,
  rows: [answering, refusing, waiting, limits],
}
