/**
 * Event time runs ten times as fast as the clock, because an hour of the short rules is a minute: a payment that takes
 * 20 s longer is nothing beside a quarter of an hour, and would be more than one beside 15 s.
 */
const SPEED = 10

/** In event time. Nobody comes twice within a session gap, or sessions would merge the more the longer a run lasts. */
const SESSION_GAP_S = 60
const ALLOWED_LATENESS_S = 20
const VISITORS = 200_000

/** By the clock: two thousand events in the ten seconds for which most alerts wait. */
const EVENTS_PER_SECOND = 200
/** By the clock, after the first event. Until then the usual is known of everything: it takes 90 s up to a minute ago. */
const BEGIN_AFTER_S = 180
const LAST_FOR_S = 45
/** The longest that an alert waits in the short rules. */
const LONGEST_FOR_S = 15

export const BEGIN_AFTER_MS = BEGIN_AFTER_S * 1_000
export const LAST_FOR_MS = LAST_FOR_S * 1_000
/** After a scenario, until every alert that it can cause at least waits, and has waited. */
export const AFTERMATH_MS = ((SESSION_GAP_S + ALLOWED_LATENESS_S) / SPEED + LONGEST_FOR_S) * 1_000

const TIME_FLAGS = [`--session-gap=${SESSION_GAP_S}s`, `--allowed-lateness=${ALLOWED_LATENESS_S}s`]

export const CONSUMER_FLAGS: readonly string[] = [...TIME_FLAGS, '--summary-interval=none', '--port=0']

export const PRODUCER_FLAGS: readonly string[] = [
  ...TIME_FLAGS,
  `--speed=${SPEED}`,
  `--rate=${EVENTS_PER_SECOND / SPEED}`,
  `--visitors=${VISITORS}`,
  '--summary-interval=none',
  '--expected-port=off',
  '--log-file=none',
]

export const SCENARIO_FLAGS: readonly string[] = [`--at=${BEGIN_AFTER_S * SPEED}s`, `--for=${LAST_FOR_S * SPEED}s`]

/**
 * Every hour is like the others, lest the hour at which it runs decides. And of those who come many buy, lest chance
 * decides: of the few purchases in a minute of the usual traffic, three in ten are missing now and then.
 */
export const TRAFFIC_MODEL = {
  day_curve: Array.from({ length: 24 }, () => 1),
  mix: { browser: 40, researcher: 10, buyer: 20, quick_buyer: 30 },
}
