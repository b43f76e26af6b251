import type { UtmTags } from './encoder.ts'
import type { JsonText } from './json-text.ts'

/** The tags as members of an object that holds others before them; empty without a campaign. */
export const flatUtmTags = (utm: UtmTags | undefined): JsonText =>
  utm === undefined ? '' : `,"utm_source":${utm.source},"utm_medium":${utm.medium},"utm_campaign":${utm.campaign}`
