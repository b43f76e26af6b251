import type { Random } from '../random.ts'
import { HUNDREDTHS, hundredthsOf } from './shares.ts'

/** Longer than a minute, so that whoever returns is in a new session wherever the session gap is shorter. */
export const SHORTEST_ABSENCE_MS = 90_000

interface Absence {
  person: number
  sinceMs: number
}

/** The people who come to the site. A person is a number from 0 and makes one visit at a time. */
export interface Audience {
  /** Somebody who is not on the site: new, or away for at least {@link SHORTEST_ABSENCE_MS}. */
  arrive(timeMs: number): number
  /** `lastMs` is the time of the last thing they did. */
  depart(person: number, lastMs: number): void
}

export interface AudienceOptions {
  /** How many people there are; more when more are needed. At least 1. */
  readonly size: number
  /** Of the arrivals, while there are still people who have not come yet. */
  readonly returningPercent: number
  readonly random: Random
}

/**
 * An audience of `size` people, who are met from a random one on: a restart does not begin with those who were here
 * just now. When all of them are on the site or not long gone, the audience grows: a high rate needs more people.
 * The list of the absent is bounded by that: whoever is on it long enough comes back before anybody new is added.
 */
export function createAudience({ size, returningPercent, random }: AudienceOptions): Audience {
  const absent: Absence[] = []
  const returning = hundredthsOf(returningPercent)
  const first = random.below(size)
  let longestAbsent = 0
  let met = 0

  function meet(): number {
    const person = met < size ? (first + met) % size : met
    met += 1
    return person
  }

  function dropReturned(): void {
    if (longestAbsent < 1024 || 2 * longestAbsent < absent.length) return
    absent.splice(0, longestAbsent)
    longestAbsent = 0
  }

  return {
    arrive(timeMs) {
      const absence = absent[longestAbsent]
      if (absence === undefined || timeMs - absence.sinceMs < SHORTEST_ABSENCE_MS) return meet()
      if (met < size && random.below(HUNDREDTHS) >= returning) return meet()
      longestAbsent += 1
      dropReturned()
      return absence.person
    },
    depart(person, lastMs) {
      absent.push({ person, sinceMs: lastMs })
    },
  }
}
