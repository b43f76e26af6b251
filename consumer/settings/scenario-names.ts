/** What can happen to a shop, its site or its clients for a while. docs/scenarios.md says what each does to the metrics. */
export const SCENARIOS = [
  'checkout-outage',
  'payment-slow',
  'bot-storm',
  'viral-spike',
  'traffic-drop',
  'late-burst',
  'duplicate-storm',
  'clock-skew',
  'malformed-flood',
  'cardinality-attack',
  'silent-partition',
  'poison-clock',
] as const
export type ScenarioName = (typeof SCENARIOS)[number]
