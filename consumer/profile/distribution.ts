/** A sketched quantile lies within this share of the true one. */
export const RELATIVE_ERROR = 0.01
/** Values that are kept as they are before the sketch takes over. */
const MOST_EXACT = 100_000

/** Bucket i holds the values above GAMMA^(i-1) up to GAMMA^i; a little finer than stated, for the rounding of logarithms. */
const GAMMA = (1 + RELATIVE_ERROR * 0.99) / (1 - RELATIVE_ERROR * 0.99)
const LOG_GAMMA = Math.log(GAMMA)
const BUCKETS = Math.ceil(Math.log(Number.MAX_SAFE_INTEGER) / LOG_GAMMA) + 1

/** Half of 1 is more than the error here. */
const ROUNDED_BELOW = 49

/** What is known of many values, in their unit. Without any, the count is 0 and nothing else says anything. */
export interface DistributionSummary {
  readonly count: number
  readonly zeros: number
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  /** False when the quantiles are within {@link RELATIVE_ERROR} only. All else is always exact. */
  readonly exact: boolean
}

/**
 * How whole numbers from 0 to 2^53 are distributed, in constant memory: exact for the first 100,000 values, from then on
 * by logarithmic buckets, whose quantiles are off by at most 1 %. The method is that of DDSketch
 * (https://arxiv.org/abs/1908.10693) without its limit on buckets, which whole numbers do not need.
 */
export class Distribution {
  count = 0
  zeros = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = 0
  #values: number[] | undefined = []
  #buckets: Float64Array | undefined

  add(value: number, times = 1): void {
    this.count += times
    this.sum += value * times
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    if (value === 0) this.zeros += times
    else if (this.#values === undefined) this.#buckets![bucketOf(value)]! += times
    else this.#keep(value, times)
  }

  get isExact(): boolean {
    return this.#values !== undefined
  }

  get mean(): number {
    return this.sum / this.count
  }

  /** The least value that so large a share (0 to 1) of all is not above: the nearest rank. NaN without values. */
  quantile(share: number): number {
    if (this.count === 0) return Number.NaN
    const rank = Math.max(1, Math.ceil(share * this.count))
    if (rank <= this.zeros) return 0
    if (rank >= this.count) return this.max
    if (this.#values !== undefined) return Float64Array.from(this.#values).sort()[rank - this.zeros - 1]!
    let below = this.zeros
    const bucket = this.#buckets!.findIndex((count) => {
      below += count
      return below >= rank
    })
    // The middle of the bucket, in the sense of relative error.
    const middle = (2 * GAMMA ** bucket) / (GAMMA + 1)
    return Math.min(this.max, Math.max(this.min, middle < ROUNDED_BELOW ? Math.round(middle) : middle))
  }

  /** @param unit what counts as 1 in the summary: 1000 shows milliseconds as seconds */
  summary(unit = 1): DistributionSummary {
    const shown = (value: number): number => (Number.isFinite(value) ? value / unit : 0)
    return {
      count: this.count,
      zeros: this.zeros,
      min: shown(this.min),
      mean: shown(this.mean),
      p50: shown(this.quantile(0.5)),
      p90: shown(this.quantile(0.9)),
      p99: shown(this.quantile(0.99)),
      max: shown(this.max),
      exact: this.isExact,
    }
  }

  #keep(value: number, times: number): void {
    const values = this.#values!
    if (values.length + times <= MOST_EXACT) {
      for (let time = 0; time < times; time++) values.push(value)
      return
    }
    const buckets = new Float64Array(BUCKETS)
    for (const kept of values) buckets[bucketOf(kept)]!++
    buckets[bucketOf(value)]! += times
    this.#buckets = buckets
    this.#values = undefined
  }
}

const bucketOf = (value: number): number => Math.ceil(Math.log(value) / LOG_GAMMA)
