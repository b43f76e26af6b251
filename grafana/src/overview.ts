import type { Board, Row } from './board.ts'
import { bars, compared, rowsBy } from './figures.ts'
import { heat, lines, stack } from './graphs.ts'
import { quantile, rate, ratio, recorded, rise, scraped } from './queries.ts'

const PAGES = 'page=~"$page"'
const BOUNCE = 'definition="single_page"'
const FUNNEL = 'funnel="$funnel"'

/** The names that every example of such a dashboard has. They are of one process each, and ask nothing of rules. */
const classic: Row = {
  title: 'At a glance, by process',
  panels: [
    lines({
      title: 'Page Views Over Time',
      description:
        'Page views by page since the log began, one line per page and process. A steep line is a busy page. The variables do not narrow it.',
      unit: 'short',
      width: 12,
      height: 8,
      queries: [{ expr: 'page_views_total', legend: '{{page}}' }],
    }),
    lines({
      title: 'Clicks Over Time',
      description:
        'Clicks by page since the log began, one line per page and process. Flat while page views rise: visitors look and do nothing.',
      unit: 'short',
      width: 12,
      height: 8,
      queries: [{ expr: 'clicks_total', legend: '{{page}}' }],
    }),
    lines({
      title: 'Avg Session Duration',
      description:
        'Mean duration of all sessions closed so far, from first to last event; one line per process. It moves slowly: the figure below is that of the period shown.',
      unit: 's',
      width: 12,
      height: 6,
      queries: [{ expr: 'average_session_duration_seconds', legend: '{{instance}}' }],
    }),
    lines({
      title: 'Bounce Rate',
      description:
        'Share of all sessions closed so far that had exactly one page view, 0 to 100; one line per process. It moves slowly, as the one beside it.',
      unit: 'percent',
      width: 12,
      height: 6,
      queries: [{ expr: 'bounce_rate_percent', legend: '{{instance}}' }],
    }),
  ],
}

const KPI = { width: 4, height: 5 }

const comparison: Row = {
  title: 'Is this period better than the one before?',
  panels: [
    compared({
      ...KPI,
      title: 'Page views',
      description: 'Page views in the period shown, and the change against the period of the same length before it.',
      unit: 'short',
      of: (before) => rise('page_views', { where: PAGES }, before),
    }),
    compared({
      ...KPI,
      title: 'Sessions',
      description:
        'Sessions closed in the period shown, and the change. A session closes one gap and the lateness after its last event, so these are visits of a little earlier.',
      unit: 'short',
      of: (before) => rise('sessions_closed', {}, before),
    }),
    compared({
      ...KPI,
      title: 'Sessions with a purchase',
      description: 'Share of the sessions closed in the period shown that hold a purchase, and its relative change.',
      unit: 'percentunit',
      of: (before) =>
        ratio(rise('sessions_with_event', { where: 'event="purchase"' }, before), rise('sessions_closed', {}, before)),
    }),
    compared({
      ...KPI,
      title: 'Revenue',
      description:
        'Sum of the prices of the purchases of the period shown, by currency and in its units, and the change. __none__ stands for purchases that name no currency.',
      unit: 'short',
      legend: '{{currency}}',
      of: (before) => rise('revenue', { by: 'currency' }, before),
    }),
    compared({
      ...KPI,
      title: 'Session duration',
      description: 'Mean duration of the sessions closed in the period shown, and its change.',
      unit: 's',
      of: (before) =>
        ratio(rise('session_duration_seconds_sum', {}, before), rise('session_duration_seconds_count', {}, before)),
    }),
    compared({
      ...KPI,
      title: 'Bounced sessions',
      description:
        'Share of the sessions closed in the period shown that had exactly one page view, and its relative change. Green when it falls.',
      unit: 'percentunit',
      moreIsBad: true,
      of: (before) => ratio(rise('sessions_bounced', { where: BOUNCE }, before), rise('sessions_closed', {}, before)),
    }),
  ],
}

const funnel: Row = {
  title: 'Where do visitors give up, and what do they spend?',
  panels: [
    bars({
      title: 'How far sessions get',
      description:
        'Sessions closed in the period shown by the steps of the chosen funnel. A step holds those that did everything before it too, so bars only get shorter.',
      unit: 'short',
      width: 6,
      height: 8,
      queries: [{ expr: `sort_desc(${rise('funnel_sessions', { by: 'step', where: FUNNEL })})`, legend: '{{step}}' }],
    }),
    lines({
      title: 'Share of sessions that reach each step',
      description:
        'Of the sessions closed in each window, the share that reached a step of the chosen funnel. A line that drops alone marks the step that is broken.',
      unit: 'percentunit',
      width: 6,
      height: 8,
      queries: [
        {
          expr: ratio(
            rate('funnel_sessions', { by: 'step', where: FUNNEL }),
            rate('sessions_closed'),
            'on () group_left () ',
          ),
          legend: '{{step}}',
        },
      ],
    }),
    lines({
      title: 'Time from checkout to purchase',
      description:
        'Half, nine tenths and 99 hundredths of the purchases come within so much of the checkout. Rises when payment is slow. A gap: no purchases.',
      unit: 's',
      width: 6,
      height: 8,
      queries: [0.5, 0.9, 0.99].map((share) => ({
        expr: quantile(share, rate('checkout_to_purchase_seconds_bucket', { by: 'le' })),
        legend: `p${share * 100}`,
      })),
    }),
    lines({
      title: 'Revenue per hour',
      description: 'At the pace of each window, in units of the currency. __none__ stands for prices without currency.',
      unit: 'short',
      width: 6,
      height: 8,
      queries: [{ expr: `3600 * ${rate('revenue', { by: 'currency' })}`, legend: '{{currency}}' }],
    }),
  ],
}

const VIEWS = rise('page_views', { by: 'page', where: PAGES })
const TOP_PAGES = `topk(15, ${VIEWS})`
const ofTopPages = (expression: string): string => `(${expression}) and on (page) ${TOP_PAGES}`

const pages: Row = {
  title: 'Which pages matter?',
  panels: [
    rowsBy(
      'page',
      [
        { name: 'views', unit: 'short' },
        { name: 'clicks', unit: 'short' },
        { name: 'clicks per view', unit: 'percentunit' },
        { name: 'time per view', unit: 's' },
      ],
      {
        title: 'Most viewed pages',
        description:
          'The fifteen most viewed pages of the period shown. Many views with few clicks: a page that does not lead on. Time is what the clients report. __other__ gathers pages beyond --max-pages.',
        unit: 'short',
        width: 12,
        height: 9,
        queries: [
          { expr: TOP_PAGES },
          { expr: ofTopPages(rise('clicks', { by: 'page', where: PAGES })) },
          { expr: ofTopPages(ratio(rise('clicks', { by: 'page', where: PAGES }), VIEWS)) },
          { expr: ofTopPages(ratio(rise('page_engagement_seconds', { by: 'page', where: PAGES }), VIEWS)) },
        ],
      },
    ),
    bars({
      title: 'Where sessions begin',
      description: 'The ten pages that most sessions of the period shown viewed first.',
      unit: 'short',
      width: 6,
      height: 9,
      queries: [{ expr: `topk(10, ${rise('session_entries', { by: 'page', where: PAGES })})`, legend: '{{page}}' }],
    }),
    bars({
      title: 'Where sessions end',
      description:
        'The ten pages that most sessions of the period shown viewed last. A page in the middle of a funnel should not be high up here.',
      unit: 'short',
      width: 6,
      height: 9,
      queries: [{ expr: `topk(10, ${rise('session_exits', { by: 'page', where: PAGES })})`, legend: '{{page}}' }],
    }),
  ],
}

const sessions: Row = {
  title: 'What are sessions like?',
  panels: [
    heat({
      title: 'How long sessions last',
      description:
        'Each column is a moment, each row a range of durations, the darker the more sessions closed. A dark row at the bottom alone: visitors leave at once.',
      unit: 's',
      width: 12,
      height: 9,
      queries: [{ expr: rate('session_duration_seconds_bucket', { by: 'le' }), legend: '{{le}}' }],
    }),
    stack({
      title: 'Sessions open now',
      description:
        'Sessions that later events may still belong to. Open for over 24 hours are mostly machines; they should be a thin line at most.',
      unit: 'short',
      width: 6,
      height: 9,
      queries: [
        {
          expr: `sum (${recorded('sessions_open')}) - sum (max by (topic, partition) (${scraped('sessions_open_over_24h')}))`,
          legend: 'up to 24 hours',
        },
        {
          expr: `sum (max by (topic, partition) (${scraped('sessions_open_over_24h')}))`,
          legend: 'over 24 hours',
        },
      ],
    }),
    lines({
      title: 'Bounced sessions by definition',
      description:
        'Share of the sessions closed in each window. single_page: exactly one page view; no_interaction: that and nothing else; ga4: short, few pages, no key event.',
      unit: 'percentunit',
      width: 6,
      height: 9,
      queries: [
        {
          expr: ratio(rate('sessions_bounced', { by: 'definition' }), rate('sessions_closed'), 'on () group_left () '),
          legend: '{{definition}}',
        },
      ],
    }),
  ],
}

/** What visitors do. */
export const overview: Board = {
  uid: 'clickstream-business',
  title: 'Overview',
  description: 'What visitors do: pages, sessions, funnels, revenue, and whether it is better than before.',
  refresh: '5s',
  from: 'now-15m',
  variables: ['datasource', 'job', 'group', 'topic', 'funnel', 'page', 'window', 'runbook'],
  rows: [classic, comparison, funnel, pages, sessions],
}
