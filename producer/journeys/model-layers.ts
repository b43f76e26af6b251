/** A YAML value that has keys of its own. */
type Section = Readonly<Record<string, unknown>>

export const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Sections that are filled up line by line. All others stand together, as percentages do, and are replaced whole. */
const LAYERED: readonly (readonly string[])[] = [
  ['site'],
  ['viral'],
  ['everywhere'],
  ['bot'],
  ['bot', 'moves'],
  ['journeys'],
  ['journeys', '*'],
  ['journeys', '*', 'moves'],
]

/** The lower layer with what the upper one says otherwise. */
export function layered(lower: unknown, upper: unknown, path: readonly string[] = []): unknown {
  const fillsUp = path.length === 0 || LAYERED.some((pattern) => matches(pattern, path))
  if (!fillsUp || !isSection(lower) || !isSection(upper)) return upper
  const names = [...Object.keys(lower), ...Object.keys(upper).filter((name) => !Object.hasOwn(lower, name))]
  return Object.fromEntries(
    names.map((name) => {
      const kept = !Object.hasOwn(upper, name)
      return [name, kept ? lower[name] : layered(lower[name], upper[name], [...path, name])]
    }),
  )
}

/** Every journey with the places of `everywhere` that it says nothing about. */
export function withEverywhere(model: unknown): unknown {
  if (!isSection(model) || !isSection(model.everywhere)) return model
  const { everywhere, journeys, bot } = model
  const filled = (journey: unknown): unknown =>
    isSection(journey) && isSection(journey.moves)
      ? { ...journey, moves: { ...everywhere, ...journey.moves } }
      : journey
  const filledJourneys = isSection(journeys)
    ? Object.fromEntries(Object.entries(journeys).map(([name, journey]) => [name, filled(journey)]))
    : journeys
  return { ...model, journeys: filledJourneys, bot: filled(bot) }
}

const matches = (pattern: readonly string[], path: readonly string[]): boolean =>
  pattern.length === path.length && pattern.every((name, index) => name === '*' || name === path[index])
