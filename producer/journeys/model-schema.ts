import { z } from 'zod'
import { HOURS } from './day-curve.ts'
import { journeyIssues } from './journey-issues.ts'
import { FIRST_MOVES, MOVE_NAMES, type Move, meaningOf, PLACES, type Place } from './moves.ts'
import { hundredthsOf } from './shares.ts'
import { DEVICES } from './user-agents.ts'

/** Shop names end up in labels and records: a page of text there is a slip. */
const LONGEST_WORD = 100

const isExact = (percent: number): boolean => Math.abs(percent * 100 - hundredthsOf(percent)) < 1e-6

const percent = z
  .number('write a percentage from 0 to 100')
  .min(0, 'write a percentage from 0 to 100')
  .max(100, 'write a percentage from 0 to 100')
  .refine(isExact, 'write a percentage with two places at most, such as 12.5')

const wholeNumber = (from: number, to: number) => {
  const fix = `write a whole number from ${from} to ${to}`
  return z.int(fix).min(from, fix).max(to, fix)
}

const word = z.string('write a word').min(1, 'write a word').max(LONGEST_WORD, `write at most ${LONGEST_WORD} letters`)

type WrittenShares = Readonly<Record<string, number | undefined>>

const sumOf = (shares: WrittenShares): number =>
  Object.values(shares).reduce((sum: number, share) => sum + hundredthsOf(share ?? 0), 0) / 100

const addsUp = (shares: WrittenShares): boolean => sumOf(shares) === 100
const sumFix = ({ input }: { readonly input?: unknown }): string =>
  `add up to ${sumOf(input as Record<string, number>)}, make it 100`

/** Percentages of names that are known, such as `{ desktop: 60, mobile: 40 }`. */
function sharesAmong<const Name extends string>(names: readonly Name[]) {
  const shape = Object.fromEntries(names.map((name) => [name, percent.optional()])) as Record<
    Name,
    z.ZodOptional<typeof percent>
  >
  return z
    .strictObject(shape, unknownAmong(names))
    .refine((shares) => addsUp(shares as WrittenShares), { error: sumFix })
}

/** The message for a section that is none or holds a key it does not know. */
function unknownAmong(names: readonly string[]) {
  const list = names.join(', ')
  return {
    error: ({ code }: { readonly code?: string | undefined }): string =>
      code === 'unrecognized_keys'
        ? `is not known here, take it out or write one of ${list}`
        : `write lines under it, each beginning with one of ${list}`,
  }
}

function movesAt(place: Place): readonly Move[] {
  if (place === 'entrance') return FIRST_MOVES
  return MOVE_NAMES.filter((move) => (meaningOf(move).onlyFrom ?? place) === place)
}

const section = <const Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, unknownAmong(Object.keys(shape)))

const places = section(
  Object.fromEntries(PLACES.map((place) => [place, sharesAmong(movesAt(place)).optional()])) as Record<
    Place,
    z.ZodOptional<ReturnType<typeof sharesAmong<Move>>>
  >,
)

const second = z
  .number('write seconds from 0.001 to 3600')
  .min(0.001, 'write seconds from 0.001 to 3600')
  .max(3600, 'write seconds from 0.001 to 3600')
const thinkSeconds = z
  .tuple([second, second], 'write the shortest and the longest time in seconds, such as [1, 12]')
  .refine(([shortest, longest]) => shortest <= longest, 'write the shorter time first')

const moves = places.superRefine((given, { addIssue }) => {
  for (const { place, fix } of journeyIssues(given)) addIssue({ code: 'custom', path: [place], message: fix })
})
const journey = section({ think_seconds: thinkSeconds, bounce_percent: percent.default(0), moves })

const campaign = { source: word, medium: word }
const percentages = z.record(word, percent, 'write lines under it, each a name and its percentage')

/** A whole model as YAML has it, once what a file leaves out has been filled in. */
export const modelSchema = section({
  mix: percentages.refine(addsUp, { error: sumFix }),
  journeys: z.record(word, journey, 'write journeys under it, each with think_seconds and moves'),
  everywhere: places,
  bounced: sharesAmong(['leave', 'scroll', 'click']).refine(
    ({ leave = 0 }) => leave > 0,
    'nobody would ever leave, give leave a percentage',
  ),
  bot: section({ think_seconds: thinkSeconds, moves }),
  site: section({
    products: wholeNumber(1, 100_000),
    categories: wholeNumber(1, 22),
    price_from: wholeNumber(0, 1_000_000),
    price_to: wholeNumber(1, 1_000_000),
    currency: z.string().regex(/^[A-Z]{3}$/, 'write an ISO 4217 code: three capital letters such as EUR'),
  }).refine(({ price_from, price_to }) => price_from < price_to, {
    path: ['price_to'],
    error: 'must be more than price_from',
  }),
  devices: sharesAmong(DEVICES),
  countries: z
    .record(
      z.string().regex(/^[A-Z]{2}$/, 'is no ISO 3166 code: write two capital letters such as DE'),
      percent,
      'write lines under it, each a country and its percentage',
    )
    .refine(addsUp, { error: sumFix }),
  campaigns: z
    .record(word, section({ percent, ...campaign }), 'write campaigns under it, each with percent, source and medium')
    .refine((given) => sumOf(sharesOf(given)) <= 100, {
      error: ({ input }) =>
        `add up to ${sumOf(sharesOf(input as Record<string, { percent: number }>))}, make it at most 100`,
    }),
  viral: section({ campaign: word, ...campaign, bounce_percent: percent }),
  returning_percent: percent,
  day_curve: z
    .array(
      z.number('write a number of at least 0').min(0, 'write a number of at least 0'),
      `write ${HOURS} numbers, one for each hour`,
    )
    .length(HOURS, `write ${HOURS} numbers, one for each hour`)
    .refine((factors) => factors.some((factor) => factor > 0), 'at least one hour must be above 0'),
})

export type WrittenModel = z.infer<typeof modelSchema>

function sharesOf(campaigns: Readonly<Record<string, { readonly percent: number }>>): Record<string, number> {
  return Object.fromEntries(Object.entries(campaigns).map(([name, { percent: share }]) => [name, share]))
}
