/** A seeded sequence of numbers: equal on every machine, because it uses nothing but 32-bit integer arithmetic. */
export interface Random {
  /** A whole number from 0 to `bound - 1`. Even to one part in 2^32 / bound, which is enough for any choice made here. */
  below(bound: number): number
  /** From 0 (inclusive) to 1 (exclusive), in steps of 2^-32. */
  unit(): number
}

const TWO_TO_32 = 4_294_967_296
/** So many steps until every bit of the seed has reached every bit of the state. */
const WARM_UP_STEPS = 16

/** The sfc32 generator. Other seeds or streams (each a whole number below 2^32) start from another state. */
export function createRandom(seed: number, stream: number): Random {
  let a = seed | 0
  let b = stream | 0
  let c = 0
  let counter = 1

  function word(): number {
    const result = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + result) | 0
    return result >>> 0
  }

  for (let step = 0; step < WARM_UP_STEPS; step++) word()
  return {
    below: (bound) => Math.floor((word() * bound) / TWO_TO_32),
    unit: () => word() / TWO_TO_32,
  }
}
