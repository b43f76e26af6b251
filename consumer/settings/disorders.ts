/** What can be wrong with a single record, or with a visit in the case of `bot`. */
export const DISORDERS = [
  'duplicate',
  'delayed_duplicate',
  'out_of_order',
  'late',
  'future_dated',
  'bad_json',
  'wrong_type',
  'truncated',
  'bot',
] as const
export type Disorder = (typeof DISORDERS)[number]

/** The probability of each kind, from 0 to 1; of `bot` that a visit is a bot's, of the others that they hit a record. */
export type Disorders = Readonly<Record<Disorder, number>>

export const NO_DISORDER: Disorders = Object.freeze(
  Object.fromEntries(DISORDERS.map((disorder) => [disorder, 0])) as Record<Disorder, number>,
)

/** Wrong times that a client can claim. An event has one time, so one of them at most hits it. */
export const CLAIM_DISORDERS = ['late', 'future_dated'] as const satisfies readonly Disorder[]

/** What can happen to a record once it is made: again one of them at most. */
export const SENDING_DISORDERS = [
  'duplicate',
  'delayed_duplicate',
  'out_of_order',
  'bad_json',
  'wrong_type',
  'truncated',
] as const satisfies readonly Disorder[]

/** Kinds of which one draw chooses: the probabilities of each group add up to at most 1. */
export const ALTERNATIVES: readonly (readonly Disorder[])[] = [CLAIM_DISORDERS, SENDING_DISORDERS]

export const totalOf = (kinds: readonly Disorder[], disorder: Disorders): number =>
  kinds.reduce((total, kind) => total + disorder[kind], 0)
