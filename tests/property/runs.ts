import { env } from 'node:process'
import type { Parameters } from 'fast-check'

const seed = Number(env.PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31))

/**
 * How a property is run: so many cases, from a seed that is printed and can be given again as PROPERTY_SEED;
 * PROPERTY_SCALE multiplies the cases.
 */
export function runs<Values>(numRuns: number): Parameters<Values> {
  console.info(`property seed ${seed}`)
  return { numRuns: numRuns * Number(env.PROPERTY_SCALE ?? 1), seed, endOnFailure: false }
}
