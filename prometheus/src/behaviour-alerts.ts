import { type AlertSource, WHOSE } from './alert.ts'
import { BUDGET, BURN_RATES, type BurnRate, inName, isTelling, lossOver, mostLoss } from './checkout-burn.ts'
import { byTopic, onTopic } from './rule.ts'
import { duration, type Windows } from './windows.ts'

const TRAFFIC = 'topic:clickstream_traffic:rate5m'
const BEFORE = 'topic:clickstream_traffic:before'
/** Page views in five minutes below which traffic may do what it likes. */
const FEWEST_PAGE_VIEWS = 100

/** Alerts on what visitors do. All are built on settled rates, which are absent while numbers are incomplete. */
export const behaviourAlerts = (windows: Windows): AlertSource[] => [
  ...BURN_RATES.map((rate) => checkoutConversionBurn(rate, windows)),
  paymentSlow(windows),
  trafficDrop(windows),
  trafficSpike(windows),
  bounceRatioHigh(windows),
  conversionAnomaly('low', windows),
  conversionAnomaly('high', windows),
  botStorm(windows),
  identifiedBots(windows),
]

function checkoutConversionBurn(rate: BurnRate, windows: Windows): AlertSource {
  const { long, short, severity } = rate
  const most = mostLoss(rate)
  return {
    alert: 'CheckoutConversionBurn',
    kind: 'behaviour',
    severity,
    labels: { long: inName(long), short: inName(short) },
    expr: `
      ${lossOver(long)} > ${most}
      and ${lossOver(short)} > ${most}
      and ${isTelling(rate, windows)}`,
    forSeconds: windows.m1,
    summary: 'Fewer checkouts than usual end in a purchase.',
    description: `${WHOSE} {{ $value | humanizePercentage }} of the purchases that usually follow the checkouts of the last ${inName(long)} are missing; more than ${percent(most)} spend the budget of ${percent(BUDGET)} in 30 days too fast.`,
  }
}

const paymentSlow = ({ m5 }: Windows): AlertSource => ({
  alert: 'PaymentSlow',
  kind: 'behaviour',
  severity: 'warning',
  expr: `
    topic:clickstream_checkout_to_purchase_seconds:p90_rate1h > 2 * topic:clickstream_checkout_to_purchase_seconds:avg7d
    and topic:clickstream_checkout_to_purchase_seconds:p90_rate1h - topic:clickstream_checkout_to_purchase_seconds:avg7d > 5`,
  forSeconds: m5,
  summary: 'Payments take much longer than usual.',
  description: `${WHOSE} the slowest tenth of the purchases of the last hour came {{ $value | humanizeDuration }} or more after the checkout, more than twice the usual.`,
})

const trafficDrop = ({ m5, m10 }: Windows): AlertSource => ({
  alert: 'TrafficAnomaly',
  kind: 'behaviour',
  severity: 'page',
  labels: { direction: 'drop' },
  expr: `
    ${TRAFFIC} / (min ${byTopic()} (${BEFORE}) >= ${FEWEST_PAGE_VIEWS} / ${m5}) < 0.5`,
  forSeconds: m10,
  summary: 'Traffic is less than half of what it was at this time.',
  description: `${WHOSE} page views are at {{ $value | humanizePercentage }} of what they were at the same time a day ago and a week ago.`,
})

const trafficSpike = ({ m5, m10 }: Windows): AlertSource => ({
  alert: 'TrafficAnomaly',
  kind: 'behaviour',
  severity: 'warning',
  labels: { direction: 'spike' },
  expr: `
    (${TRAFFIC} >= ${FEWEST_PAGE_VIEWS} / ${m5}) / (max ${byTopic()} (${BEFORE}) > 0) > 3`,
  forSeconds: m10,
  summary: 'Traffic is more than three times what it was at this time.',
  description: `${WHOSE} page views are at {{ $value | humanizePercentage }} of what they were at the same time a day ago and a week ago.`,
})

const bounceRatioHigh = (windows: Windows): AlertSource => ({
  alert: 'BounceRatioHigh',
  kind: 'behaviour',
  severity: 'warning',
  expr: `
    topic:clickstream_bounce:ratio_rate1h{definition="single_page"}
    and topic:clickstream_bounce:zscore7d > 4
    and topic:clickstream_bounce:ratio_rate1h - topic:clickstream_bounce:avg7d > 0.1
    ${unlessExplainedBy(['BotStorm', 'TrafficAnomaly'], windows)}`,
  forSeconds: windows.m15,
  summary: 'Many more visitors than usual leave after one page.',
  description: `${WHOSE} {{ $value | humanizePercentage }} of the sessions closed in the last hour had a single page view, over ten points more than usual.`,
})

/**
 * Who came changes the shares of the sessions for as long as theirs are among those of the last hour, which is long
 * after: a session closes a gap and the lateness after its end. Alertmanager would tell of it once the cause is over.
 */
const unlessExplainedBy = (causes: readonly string[], { h1 }: Windows): string =>
  `unless ${onTopic()} max ${byTopic()} (max_over_time(ALERTS{alertname=~"${causes.join('|')}", alertstate="firing"}[${duration(2 * h1)}]))`

const conversionAnomaly = (direction: 'low' | 'high', windows: Windows): AlertSource => {
  const now = 'topic:clickstream_session_conversion:ratio_rate1h'
  const zscore = 'topic:clickstream_session_conversion:zscore7d'
  const usual = 'topic:clickstream_session_conversion:avg7d'
  const explained = unlessExplainedBy(['BotStorm', 'TrafficAnomaly', 'CheckoutConversionBurn'], windows)
  const condition =
    direction === 'low'
      ? `${now} < 0.7 * ${usual} and ${zscore} < -4 ${explained}`
      : `${now} > 1.5 * ${usual} and ${zscore} > 4`
  return {
    alert: 'ConversionAnomaly',
    kind: 'behaviour',
    severity: 'warning',
    labels: { direction },
    expr: condition,
    forSeconds: windows.m15,
    summary: `The share of sessions with a purchase is unusually ${direction}.`,
    description: `${WHOSE} {{ $value | humanizePercentage }} of the sessions closed in the last hour hold a purchase, more than four standard deviations from the mean of the week.`,
  }
}

/** Bots that nobody recognises look at pages and do nothing on them. */
const botStorm = ({ m5 }: Windows): AlertSource => ({
  alert: 'BotStorm',
  kind: 'behaviour',
  severity: 'warning',
  labels: { sign: 'no_interaction' },
  expr: `
    topic:clickstream_interactions:ratio_rate15m < 0.5 * topic:clickstream_interactions:avg7d
    and ${onTopic()} ${TRAFFIC} > 1.5 * (min ${byTopic()} (${BEFORE}) or topic:clickstream_traffic:avg1d)`,
  forSeconds: m5,
  summary: 'Many pages are viewed and little is done on them: bots that count as visitors.',
  description: `${WHOSE} there are {{ $value | humanize }} clicks, scrolls and other events per page view, less than half of the usual, while page views rise.`,
})

/** With --drop-bots on they are known by their user agent and counted apart. */
const identifiedBots = ({ m5 }: Windows): AlertSource => ({
  alert: 'BotStorm',
  kind: 'behaviour',
  severity: 'warning',
  labels: { sign: 'user_agent' },
  expr: `
    topic:clickstream_bots:ratio_rate15m > 0.2
    and topic:clickstream_bots:ratio_rate15m > 2 * topic:clickstream_bots:avg7d`,
  forSeconds: m5,
  summary: 'Far more records than usual are those of known bots.',
  description: `${WHOSE} {{ $value | humanizePercentage }} of the records are dropped as those of bots, more than twice the usual.`,
})

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`
