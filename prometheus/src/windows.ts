/**
 * The lengths of time in the rules, in seconds, under the names they have in production. A name such as `h1` also
 * stands in the names of recorded series (`rate1h`), in both sets alike, so that one dashboard fits both.
 */
export interface Windows {
  /** Time between two evaluations of a rule. */
  readonly interval: number
  readonly m1: number
  readonly m5: number
  readonly m10: number
  readonly m15: number
  readonly m30: number
  readonly h1: number
  readonly h6: number
  readonly d1: number
  readonly d3: number
  readonly d7: number
  /** Events may reach their processing that much after the log; more is a lag worth an alert. */
  readonly mostLag: number
  /** Ages beyond which what is shown, or what is saved, is old. An exporter commits every second, and saves every 30. */
  readonly oldCapture: number
  readonly oldSnapshot: number
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const PRODUCTION: Windows = {
  interval: 30,
  m1: MINUTE,
  m5: 5 * MINUTE,
  m10: 10 * MINUTE,
  m15: 15 * MINUTE,
  m30: 30 * MINUTE,
  h1: HOUR,
  h6: 6 * HOUR,
  d1: DAY,
  d3: 3 * DAY,
  d7: 7 * DAY,
  mostLag: MINUTE,
  oldCapture: MINUTE,
  oldSnapshot: 15 * MINUTE,
}

/** For whoever watches or tests: minutes are seconds, an hour is a minute, a day two, a week ten. */
export const SHORT: Windows = {
  interval: 1,
  m1: 1,
  m5: 5,
  m10: 10,
  m15: 15,
  m30: 30,
  h1: 60,
  h6: 90,
  d1: 120,
  d3: 300,
  d7: 600,
  mostLag: 5,
  oldCapture: 10,
  oldSnapshot: 60,
}

const UNITS = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', 1],
] as const

/** Seconds as PromQL writes a duration: 84600 is 23h30m. */
export function duration(seconds: number): string {
  let rest = seconds
  let text = ''
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length)
    if (count > 0) text += `${count}${unit}`
    rest -= count * length
  }
  return text
}
