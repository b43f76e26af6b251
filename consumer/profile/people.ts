import type { Hash64 } from '../contract/hash.ts'
import { Distribution, type DistributionSummary } from './distribution.ts'
import { HashCounts } from './hash-counts.ts'
import { type TopTexts, topTexts } from './ranked-texts.ts'
import { Ranking } from './ranking.ts'

export interface PeopleSummary {
  readonly distinct: number
  /** False beyond 2.5 million users, when a sample of them stands for all. */
  readonly exact: boolean
  readonly events_per_user: DistributionSummary
  /** Users whose events lie in more than one partition, which splits their sessions. */
  readonly in_several_partitions: number
  readonly top: TopTexts
}

/** The users of the accepted events. */
export class People {
  readonly #counts = new HashCounts()
  readonly #busiest = new Ranking()

  /** @param bytes [start, end) is the user id's text */
  add(user: Hash64, partition: number, bytes: Uint8Array, start: number, end: number): void {
    this.#counts.add(user, partition)
    this.#busiest.addHashed(user, bytes, start, end)
  }

  summary(): PeopleSummary {
    const perUser = new Distribution()
    this.#counts.forEach((count) => {
      perUser.add(count)
    })
    return {
      distinct: this.#counts.distinct,
      exact: this.#counts.isExact,
      events_per_user: perUser.summary(),
      in_several_partitions: this.#counts.differing,
      top: topTexts(this.#busiest),
    }
  }
}
