import type { Faker } from '@faker-js/faker'
import { type JsonText, jsonText } from '../encoding/json-text.ts'

const WORDS = 256
/** An odd factor reaches every number below a power of two once, in an order that looks like chance. */
const SPREAD = 0x9e3779b1
const THREE_WORDS = WORDS * WORDS * WORDS
/** Before a run meets those of the next. */
const PATHS_PER_RUN = 65_536

/**
 * Paths that nobody has seen before, such as /offer/eager-violet-lantern. Words without digits, because what looks like
 * an id becomes `:id` in a label. After 16 million of them a fourth word sets the next ones apart. Each run begins where
 * others have not been.
 */
export function createNewPaths(faker: Faker, run: number): { next(): JsonText } {
  const words = faker.helpers.uniqueArray(() => plainWord(faker), WORDS)
  let made = run * PATHS_PER_RUN
  return {
    next() {
      const spread = Math.imul(made, SPREAD) & (THREE_WORDS - 1)
      const path = [spread >>> 16, (spread >>> 8) & 255, spread & 255].map((word) => words[word]).join('-')
      const round = Math.floor(made / THREE_WORDS)
      made += 1
      return jsonText(`/offer/${path}${round === 0 ? '' : `-${words[round % WORDS]}`}`)
    },
  }
}

function plainWord(faker: Faker): string {
  const word = faker.word.sample()
  return /^[a-z]+$/.test(word) ? word : plainWord(faker)
}
