import type { Random } from '../random.ts'

/** Who is how popular, by Zipf's law with exponent 1: rank k, from 1, is chosen 1/k times as often as the first. */
export interface Popularity {
  /** A rank, counted from 0. */
  rank(random: Random): number
}

/** @param ranks how many there are, at least 1 */
export function createPopularity(ranks: number): Popularity {
  const sums = new Float64Array(ranks)
  let sum = 0
  for (let rank = 0; rank < ranks; rank++) {
    sum += 1 / (rank + 1)
    sums[rank] = sum
  }
  return {
    rank(random) {
      const wanted = random.unit() * sum
      let low = 0
      let high = ranks - 1
      while (low < high) {
        const middle = (low + high) >> 1
        if (sums[middle]! > wanted) high = middle
        else low = middle + 1
      }
      return low
    },
  }
}
