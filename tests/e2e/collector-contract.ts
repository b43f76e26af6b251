import { gzipSync } from 'node:zlib'
import { eventText } from '../collector-server.ts'

/** One request and what it must be answered, whatever log is behind the collector. */
export interface ContractCase {
  readonly name: string
  readonly path?: string
  readonly method?: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: () => string | Uint8Array<ArrayBuffer>
  readonly status: number
  /** The answer, without the sentences for people. */
  readonly answer: Readonly<Record<string, unknown>>
  /** Records that the log has more. */
  readonly stored: number
}

const JSON_TYPE = 'application/json'
const LINES_TYPE = 'application/x-ndjson'
const GZIP = { 'Content-Encoding': 'gzip' }
const batch = (...records: readonly string[]): string => `{"sent_by":"a shop","records":[${records.join(', ')}]}`
const accepted = (processed: number) => ({ status: 'accepted', processed })
const refused = (reason: string) => ({ status: 'refused', reason })

const isoNow = (): string => new Date().toISOString()
const ofRecords = (): string =>
  JSON.stringify({ event_type: 'click', user_id: 'ann', timestamp: isoNow(), properties: { page: '/a' } })
const ofEcommerce = (): string =>
  JSON.stringify({ event_type: 'purchase', user_id: 'bob', event_ts: isoNow(), price: 9.5, currency: 'EUR' })

export const CONTRACT: readonly ContractCase[] = [
  { name: 'an envelope', body: () => batch(eventText(), eventText()), status: 200, answer: accepted(2), stored: 2 },
  { name: 'a bare list', body: () => `[${eventText()},${eventText()}]`, status: 200, answer: accepted(2), stored: 2 },
  { name: 'one object', body: eventText, status: 200, answer: accepted(1), stored: 1 },
  {
    name: 'shapes mixed',
    body: () => batch(eventText(), ofRecords(), ofEcommerce()),
    status: 200,
    answer: accepted(3),
    stored: 3,
  },
  {
    name: 'lines',
    type: LINES_TYPE,
    body: () => `${eventText()}\n${eventText()}`,
    status: 200,
    answer: accepted(2),
    stored: 2,
  },
  {
    name: 'compressed',
    headers: GZIP,
    body: () => gzipSync(batch(eventText())),
    status: 200,
    answer: accepted(1),
    stored: 1,
  },
  {
    name: 'compressed lines',
    type: 'application/jsonl',
    headers: GZIP,
    body: () => gzipSync(`${eventText()}\n`),
    status: 200,
    answer: accepted(1),
    stored: 1,
  },
  { name: 'an empty batch', body: () => batch(), status: 200, answer: accepted(0), stored: 0 },
  {
    name: 'good and bad records',
    body: () =>
      batch('null', eventText(), '{"user_id":1}', '{"user_id":', eventText()).replace('{"user_id":,', '{"user_id":},'),
    status: 200,
    answer: {
      ...accepted(2),
      rejected: [
        { index: 0, reason: 'not_an_object' },
        { index: 2, reason: 'unknown_dialect' },
        { index: 3, reason: 'malformed_json' },
      ],
      rejected_total: 3,
    },
    stored: 2,
  },
  {
    name: 'an event of tomorrow',
    body: () => eventText({ timestamp: Date.now() / 1000 + 86_400 }),
    status: 422,
    answer: { status: 'rejected', processed: 0, rejected: [{ index: 0, reason: 'future_dated' }], rejected_total: 1 },
    stored: 0,
  },
  {
    name: 'the same id twice',
    body: () => batch(eventText({ event_id: 'x' }), eventText({ event_id: 'x' })),
    status: 200,
    answer: { ...accepted(2), duplicates: 1 },
    stored: 1,
  },
  {
    name: 'the same id again',
    body: () => eventText({ event_id: 'x' }),
    status: 200,
    answer: { ...accepted(1), duplicates: 1 },
    stored: 0,
  },
  { name: 'no JSON', body: () => '{"records":[', status: 400, answer: refused('malformed_json'), stored: 0 },
  {
    name: 'records that are no list',
    body: () => '{"records":{}}',
    status: 400,
    answer: refused('invalid_records'),
    stored: 0,
  },
  { name: 'nothing', body: () => '', status: 400, answer: refused('empty_body'), stored: 0 },
  {
    name: 'what is not compressed',
    headers: GZIP,
    body: eventText,
    status: 400,
    answer: refused('invalid_gzip'),
    stored: 0,
  },
  {
    name: 'too much',
    body: () => `[${' '.repeat(200_000)}]`,
    status: 413,
    answer: refused('body_too_large'),
    stored: 0,
  },
  {
    name: 'too much once unpacked',
    headers: GZIP,
    body: () => gzipSync(' '.repeat(10_000_000)),
    status: 413,
    answer: refused('unpacked_too_large'),
    stored: 0,
  },
  {
    name: 'too many',
    body: () => `[${'1,'.repeat(50)}1]`,
    status: 413,
    answer: refused('too_many_records'),
    stored: 0,
  },
  {
    name: 'another type',
    type: 'text/xml',
    body: eventText,
    status: 415,
    answer: refused('unsupported_media_type'),
    stored: 0,
  },
  {
    name: 'another encoding',
    headers: { 'Content-Encoding': 'br' },
    body: eventText,
    status: 415,
    answer: refused('unsupported_encoding'),
    stored: 0,
  },
  { name: 'another method', method: 'GET', status: 405, answer: refused('method_not_allowed'), stored: 0 },
  { name: 'another place', path: '/event', body: eventText, status: 404, answer: refused('not_found'), stored: 0 },
  {
    name: 'another page',
    headers: { Origin: 'https://evil.example' },
    body: eventText,
    status: 403,
    answer: refused('foreign_origin'),
    stored: 0,
  },
]

/** What a service must be started with for its answers to be these. */
export const CONTRACT_FLAGS = ['--max-body-size', '100KiB', '--max-request-records', '50']

export interface ContractOutcome {
  readonly name: string
  readonly status: number
  readonly answer: unknown
}

/** Asks all of it, one after the other. */
export async function askAll(url: string): Promise<readonly ContractOutcome[]> {
  const outcomes: ContractOutcome[] = []
  for (const { name, path = '/events', method = 'POST', type = JSON_TYPE, headers, body } of CONTRACT) {
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, ...(method === 'POST' && { 'Content-Type': type }) },
      ...(body !== undefined && { body: body() }),
    })
    outcomes.push({ name, status: response.status, answer: withoutSentences(await response.json()) })
  }
  return outcomes
}

export const WANTED: readonly ContractOutcome[] = CONTRACT.map(({ name, status, answer }) => ({ name, status, answer }))

export const STORED = CONTRACT.reduce((sum, { stored }) => sum + stored, 0)

/** @throws when one is missing */
function withoutSentences(answer: unknown): unknown {
  const { message, rejected, ...rest } = answer as { message?: string; rejected?: { fix: string }[] }
  if ('status' in rest && rest.status === 'refused' && !message)
    throw new Error(`no message: ${JSON.stringify(answer)}`)
  if (rejected?.some(({ fix }) => !fix)) throw new Error(`no fix: ${JSON.stringify(answer)}`)
  return { ...rest, ...(rejected && { rejected: rejected.map(({ fix: _fix, ...fault }) => fault) }) }
}
