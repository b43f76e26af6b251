import { byTopic, onTopic, type RecordingRule } from './rule.ts'
import { WHILE_SETTLED } from './settled-rules.ts'
import { duration, type Windows } from './windows.ts'

/**
 * Of the purchases that usually follow the checkouts, so many may be missing over 30 days: the error budget. Missing
 * compared with the usual, because many a checkout is given up on the best of days.
 */
export const BUDGET = 0.025

export interface BurnRate {
  readonly long: keyof Windows
  readonly short: keyof Windows
  /** How many times faster than just bearable the budget is spent. */
  readonly factor: number
  readonly severity: 'page' | 'warning'
}

/**
 * Pairs of windows as in chapter 5 of the SRE Workbook, https://sre.google/workbook/alerting-on-slos/ (2 % of a month's
 * budget in an hour, 5 % in six hours, 10 % in three days), and 1 % in a quarter of an hour before them: with a budget
 * this large the hour alone would take 22 minutes to notice that nothing is bought at all.
 */
export const BURN_RATES: readonly BurnRate[] = [
  { long: 'm15', short: 'm5', factor: 28.8, severity: 'page' },
  { long: 'h1', short: 'm5', factor: 14.4, severity: 'page' },
  { long: 'h6', short: 'm30', factor: 6, severity: 'page' },
  { long: 'd3', short: 'h6', factor: 1, severity: 'warning' },
]

/** `m15` is `15m` in the name of a series. */
export const inName = (window: keyof Windows): string => `${window.slice(1)}${window[0]}`

export const lossOver = (window: keyof Windows): string => `topic:clickstream_checkout_loss:ratio_rate${inName(window)}`

/** The share of missing purchases that a pair of windows alerts at. */
export const mostLoss = ({ factor }: BurnRate): number => Number((factor * BUDGET).toFixed(4))

/**
 * Checkouts below which chance alone would reach the share now and then: at a usual conversion of a half its standard
 * deviation is one by the root of the checkouts, and four of them must fit.
 */
const fewestCheckouts = (rate: BurnRate): number => Math.ceil((4 / mostLoss(rate)) ** 2)

/** Without that many in the past week nobody knows what is usual. */
const FEWEST_IN_THE_PAST = 200

const eventsOver = (event: string, range: string): string =>
  `sum ${byTopic()} (sum_over_time(topic:clickstream_events:settled_rate5m{event="${event}"}${range}))`

/** Whether there were checkouts enough, and half of the window at least is known. */
export function isTelling(rate: BurnRate, windows: Windows): string {
  const seconds = windows[rate.long]
  const range = `[${duration(seconds)}]`
  const known = `sum ${byTopic()} (count_over_time(topic:clickstream_events:settled_rate5m{event="checkout"}${range}))`
  return `${eventsOver('checkout', range)} * ${windows.interval} >= ${fewestCheckouts(rate)}
      and ${known} >= ${seconds / 2 / windows.interval}`
}

/** Share of the usual purchases that are missing, over every window of {@link BURN_RATES}; negative when there are more. */
export function checkoutBurnRules(windows: Windows): RecordingRule[] {
  const lost = (conversion: string): string =>
    `1 - (${conversion}) / ${onTopic()} topic:clickstream_checkout_conversion:usual7d ${WHILE_SETTLED}`
  const conversionUpTo = (ago: number): string => {
    const past = `[${duration(windows.d7)}] offset ${duration(ago)}`
    return `${eventsOver('purchase', past)} / (${eventsOver('checkout', past)} >= ${FEWEST_IN_THE_PAST} / ${windows.interval})`
  }
  const now = (event: string): string => `sum ${byTopic()} (topic:clickstream_events:settled_rate5m{event="${event}"})`
  return [
    {
      record: 'topic:clickstream_checkout_conversion:usual7d',
      // The week before the three days that are judged by it; until there is one, all but the last hour.
      expr: `
          ${conversionUpTo(windows.d3)}
          or ${conversionUpTo(windows.h1)}`,
    },
    { record: lossOver('m5'), expr: lost(`${now('purchase')} / (${now('checkout')} > 0)`) },
    ...(['m15', 'm30', 'h1', 'h6', 'd3'] as const).map((window) => {
      const range = `[${duration(windows[window])}]`
      return {
        record: lossOver(window),
        expr: lost(`${eventsOver('purchase', range)} / (${eventsOver('checkout', range)} > 0)`),
      }
    }),
  ]
}
