import { MOVE_NAMES, type Move, type Place, placeAfter } from './moves.ts'

export interface JourneyIssue {
  readonly place: Place
  /** What is wrong there and what to write instead. */
  readonly fix: string
}

type WrittenMoves = Readonly<Partial<Record<Place, Readonly<Partial<Record<Move, number | undefined>>> | undefined>>>

/** Places that a journey leads to without saying how it goes on, and the place from where nobody ever leaves. */
export function journeyIssues(moves: WrittenMoves): readonly JourneyIssue[] {
  const nextPlaces = (place: Place): readonly (Place | undefined)[] =>
    MOVE_NAMES.filter((move) => (moves[place]?.[move] ?? 0) > 0).map((move) => placeAfter(move, place))
  const reached: Place[] = ['entrance']
  for (const place of reached) {
    for (const next of nextPlaces(place)) if (next !== undefined && !reached.includes(next)) reached.push(next)
  }
  const missing = reached.filter((place) => moves[place] === undefined)
  if (missing.length > 0) {
    return missing.map((place) => ({
      place,
      fix: 'is missing though visitors get there, write percentages of what they do next',
    }))
  }
  const leaving = new Set<Place>()
  const leadsOut = (place: Place): boolean => nextPlaces(place).some((next) => next === undefined || leaving.has(next))
  // Each round adds the places that are one move further from the way out.
  for (let round = 0; round < reached.length; round++) {
    for (const place of reached) if (leadsOut(place)) leaving.add(place)
  }
  // Before the last of them, it is the same fault again.
  const last = reached.findLast((place) => !leaving.has(place))
  if (last === undefined) return []
  return [{ place: last, fix: 'nobody ever leaves from here, give leave a percentage here or further on' }]
}
