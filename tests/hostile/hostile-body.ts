import type { Random } from '../../producer/random.ts'
import { hostileRecord } from './hostile-records.ts'
import { type Members, objectText } from './sound-records.ts'

/** What a request with a body may be answered with. */
export type Verdict = readonly number[]

export const TAKEN: Verdict = [200, 422]
export const MALFORMED: Verdict = [400]
export const TOO_LARGE: Verdict = [413]
/** Whether it is an envelope at all is the collector's to find out. */
export const UNCLEAR: Verdict = [200, 400, 413, 422]
export const UNSUPPORTED: Verdict = [415]

export interface HostileBody {
  readonly kind: string
  /** As they are sent. */
  readonly bytes: Buffer
  readonly type: string
  /** Content-Encoding; none when undefined. */
  readonly encoding?: string
  readonly statuses: Verdict
  /** Exactly these records are in it, in this order; undefined when that is not clear. */
  readonly records?: readonly Buffer[]
  /** What it says unpacked, where that is not clear: what is taken must stand in it. */
  readonly unclear?: Buffer
}

export interface Limits {
  readonly maxBodyBytes: number
  readonly maxRequestRecords: number
}

export const JSON_TYPES = ['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"']
export const NDJSON_TYPES = ['application/x-ndjson', 'application/jsonl', 'application/ndjson']
export const [JSON_TYPE] = JSON_TYPES as [string]
export const LINE = Buffer.from('\n')
export const COMMA = Buffer.from(',')

export const joined = (records: readonly Buffer[], between: Buffer): Buffer =>
  Buffer.concat(records.flatMap((record, at) => (at === 0 ? [record] : [between, record])))
export const listOf = (records: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('['), joined(records, COMMA), Buffer.from(']')])
export const around = (before: string, records: readonly Buffer[], after: string): Buffer =>
  Buffer.concat([Buffer.from(before), listOf(records), Buffer.from(after)])

export type BuildBody = (random: Random, records: readonly Buffer[], limits: Limits) => Omit<HostileBody, 'kind'>

export const refused =
  (bytes: (records: readonly Buffer[]) => Buffer | string, statuses = MALFORMED, encoding?: string): BuildBody =>
  (_random, records) => ({
    bytes: Buffer.from(bytes(records) as Buffer),
    type: JSON_TYPE,
    statuses,
    ...(encoding !== undefined && { encoding }),
  })

export const unclear =
  (bytes: (random: Random, records: readonly Buffer[]) => Buffer, type = JSON_TYPE): BuildBody =>
  (random, records) => {
    const body = bytes(random, records)
    return { bytes: body, type, statuses: UNCLEAR, unclear: body }
  }

const textOf = (random: Random, members: Members): Buffer =>
  random.below(3) === 0 ? Buffer.from(objectText(members)) : hostileRecord(random, members)

/** A few records, two of three of them hostile. */
export const someRecords = (random: Random, sound: Iterator<Members, never>): Buffer[] =>
  Array.from({ length: 1 + random.below(14) }, () => textOf(random, sound.next().value))
