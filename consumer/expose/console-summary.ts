import { sum, sumByPage } from './classic-metrics.ts'
import type { PartitionCapture } from './state-families.ts'

const MOST_PAGES = 8
const NAME_WIDTH = 22

const count = new Intl.NumberFormat('en-US')
const decimal = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const money = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

/** The committed numbers as a few lines for people. */
export function liveSummary(shown: readonly PartitionCapture[], time: string): string {
  const closed = sum(shown, 'sessions_closed_total')
  const clicks = sum(shown, 'events_total', '', { event: 'click' })
  const started = sum(shown, 'sessions_started_total')
  const pages = [...sumByPage(shown, 'page_views_total')]
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value)
  const rows: [string, string][] = [
    ['Events accepted', count.format(sum(shown, 'events_total'))],
    [
      'Page views by page',
      pages
        .slice(0, MOST_PAGES)
        .map(({ labels, value }) => `${labels.page} ${count.format(value)}`)
        .concat(pages.length > MOST_PAGES ? [`and ${pages.length - MOST_PAGES} more`] : [])
        .join('  '),
    ],
    ['Clicks per session', perSession(clicks, started)],
    ['Sessions', `${count.format(sum(shown, 'sessions_open'))} open, ${count.format(closed)} closed`],
    [
      'Avg session duration',
      closed === 0
        ? 'no session closed yet'
        : `${decimal.format(sum(shown, 'session_duration_seconds', '_sum') / closed)} s`,
    ],
    [
      'Bounce rate',
      closed === 0
        ? 'no session closed yet'
        : ['single_page', 'no_interaction', 'ga4']
            .map((definition) => {
              const bounced = sum(shown, 'sessions_bounced_total', '', { definition })
              return `${decimal.format((100 * bounced) / closed)} % ${definition}`
            })
            .join('  '),
    ],
    ['Revenue', money.format(sum(shown, 'revenue_total'))],
    [
      'Dropped, rejected',
      `${count.format(sum(shown, 'events_dropped_total'))}, ${count.format(sum(shown, 'records_rejected_total'))}`,
    ],
  ]
  return [`LIVE METRICS  ${time}`, ...rows.map(([name, value]) => `  ${name.padEnd(NAME_WIDTH)}${value}`), ''].join(
    '\n',
  )
}

const perSession = (clicks: number, sessions: number): string =>
  sessions === 0 ? 'no session counted yet' : decimal.format(clicks / sessions)
