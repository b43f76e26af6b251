import type { AlertSource } from './alert.ts'
import { duration, type Windows } from './windows.ts'

/** Share of the requests that are turned away although nothing is wrong with them. */
export const MOST_TURNED_AWAY = 0.05
export const TURNED_AWAY = 'status=~"5..|429"'

/** Alerts on events that come in over HTTP. Without a collector they have nothing to say. */
export const collectorAlerts = (windows: Windows): AlertSource[] => [logUnavailable(windows), turnedAway(windows)]

const logUnavailable = ({ m5 }: Windows): AlertSource => ({
  ...eventsNotTaken('log'),
  expr: `min by (job, instance) (clickstream_collector_log_available) == 0`,
  forSeconds: m5,
  description:
    '{{ $labels.instance }} gets nothing into the log: every event is answered with 503, and lost where the sender does not try again.',
})

const turnedAway = ({ m5, m10 }: Windows): AlertSource => {
  const answers = (matchers: string): string =>
    `sum by (job, instance) (rate(clickstream_collector_requests_total${matchers}[${duration(m5)}]))`
  return {
    ...eventsNotTaken('overload'),
    expr: `
      ${answers(`{${TURNED_AWAY}}`)} / ${answers('')} > ${MOST_TURNED_AWAY}`,
    forSeconds: m10,
    description:
      '{{ $labels.instance }} answers {{ $value | humanizePercentage }} of the requests with 429, 500 or 503: these events are lost where the sender does not try again.',
  }
}

const eventsNotTaken = (what: string): Omit<AlertSource, 'expr' | 'forSeconds' | 'description'> => ({
  alert: 'EventsNotTaken',
  kind: 'pipeline',
  severity: 'page',
  labels: { what },
  dashboard: 'clickstream-collector?var-collector={{ $labels.instance }}',
  summary: 'Events that are sent over HTTP are not taken.',
})
