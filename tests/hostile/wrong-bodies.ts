import type { Random } from '../../producer/random.ts'
import {
  around,
  type BuildBody,
  COMMA,
  type HostileBody,
  JSON_TYPE,
  joined,
  LINE,
  type Limits,
  listOf,
  MALFORMED,
  refused,
  someRecords,
  TAKEN,
  TOO_LARGE,
  UNCLEAR,
  unclear,
} from './hostile-body.ts'
import { damaged, isJsonObject } from './hostile-records.ts'
import { type Members, oneOf } from './sound-records.ts'
import { WRONG_GZIP } from './wrong-gzip.ts'

/** Bodies in which the whole is wrong, or may be. */
const WHOLE: Readonly<Record<string, BuildBody>> = {
  'damaged envelope': unclear((random, records) => damaged(random, around('{"records":', records, '}'))),
  'damaged array': unclear((random, records) => damaged(random, listOf(records))),
  'damaged lines': unclear((random, records) => damaged(random, joined(records, LINE)), 'application/x-ndjson'),
  'lines called JSON': unclear((_random, records) => joined(records, LINE)),
  'JSON called lines': unclear((_random, records) => around('{\n"records":', records, '\n}'), 'application/jsonl'),
  'one object': (_random, records) => ({
    bytes: records[0]!,
    type: JSON_TYPE,
    ...(isJsonObject(records[0]!)
      ? { statuses: TAKEN, records: [records[0]!] }
      : { statuses: UNCLEAR, unclear: records[0]! }),
  }),
  'elements left out': unclear((_random, records) =>
    Buffer.concat([Buffer.from('[1,,'), joined(records, COMMA), Buffer.from(',]')]),
  ),
  'escaped name of the records': unclear((_random, records) => around('{"recor\\u0064s":', records, '}')),
  'other name of the records': refused((records) => around('{"Records":', records, '}'), [422]),
  'envelope in an envelope': refused((records) => around('{"records":{"records":', records, '}}')),
  'records that are no array': (random) => ({
    bytes: Buffer.from(`{"records":${oneOf(random, ['5', 'null', '"[]"', '{}', 'true', '{"0":{}}'])}}`),
    type: JSON_TYPE,
    statuses: MALFORMED,
  }),
  'records twice': refused((records) =>
    Buffer.concat([around('{"records":', records, ','), around('"records":', records, '}')]),
  ),
  'never closed': refused((records) => around('{"records":', records, '')),
  'cut inside': refused((records) => listOf(records).subarray(0, -2)),
  'more behind it': refused((records) => around('{"records":', records, '}]')),
  'two arrays': refused((records) => Buffer.concat([listOf(records), listOf(records)])),
  'UTF-16': refused((records) => Buffer.from(`\ufeff${listOf(records).toString('latin1')}`, 'utf16le')),
  'NUL before it': refused((records) => Buffer.concat([Buffer.of(0), listOf(records)])),
  'nothing but blanks': refused(() => ' \r\n\t '),
  'no bytes': refused(() => ''),
  'no records': (random) => ({
    bytes: Buffer.from(oneOf(random, ['{"records":[]}', '[]', ' { "records" : [ ] } '])),
    type: JSON_TYPE,
    statuses: [200],
    records: [],
  }),
  'deep brackets': refused(() => '['.repeat(60_000)),
  'deep objects': refused(() => '{"records":'.repeat(5_000)),
  'deep and closed': unclear(() => Buffer.from(`[${'['.repeat(30_000)}${']'.repeat(30_000)}]`)),
  'one endless text': refused((records) =>
    Buffer.concat([Buffer.from('{"records":["'), Buffer.from('x'.repeat(60_000)), records[0]!.subarray(0, 1)]),
  ),
  'too many records': (_random, _records, { maxRequestRecords }) => ({
    bytes: Buffer.from(`[${'1,'.repeat(maxRequestRecords)}1]`),
    type: JSON_TYPE,
    statuses: TOO_LARGE,
  }),
  'too long by a byte': (_random, _records, { maxBodyBytes }) => ({
    bytes: Buffer.alloc(maxBodyBytes + 1, ' '),
    type: JSON_TYPE,
    statuses: TOO_LARGE,
  }),
  ...WRONG_GZIP,
}

const KINDS = Object.keys(WHOLE)

/** A body that is wrong as a whole. */
export function wrongBody(random: Random, sound: Iterator<Members, never>, limits: Limits): HostileBody {
  const kind = oneOf(random, KINDS)
  return { kind, ...WHOLE[kind]!(random, someRecords(random, sound), limits) }
}
