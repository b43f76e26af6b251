import { gzipSync } from 'node:zlib'
import type { Random } from '../../producer/random.ts'
import {
  around,
  type BuildBody,
  type HostileBody,
  JSON_TYPES,
  joined,
  LINE,
  type Limits,
  listOf,
  NDJSON_TYPES,
  someRecords,
  TAKEN,
} from './hostile-body.ts'
import { type Members, oneOf } from './sound-records.ts'

const known =
  (bytes: (records: readonly Buffer[]) => Buffer, types: readonly string[] = JSON_TYPES): BuildBody =>
  (random, records) => ({ bytes: bytes(records), type: oneOf(random, types), statuses: TAKEN, records })

/** Envelopes from which each record can be taken, whatever it is. */
const KNOWN: Readonly<Record<string, BuildBody>> = {
  envelope: known((records) => around('{"records":', records, '}')),
  'envelope with more': known((records) => around('{"v":[{"records":5}],"records" :', records, ',"sent":"x\\"]}"}')),
  array: known(listOf),
  lines: known((records) => joined(records, LINE), NDJSON_TYPES),
  'lines with blanks': known((records) => joined(records, Buffer.from('\r\n \n\n')), NDJSON_TYPES),
  'lines after a byte order mark': known(
    (records) => Buffer.concat([Buffer.from('\ufeff'), joined(records, LINE), LINE]),
    NDJSON_TYPES,
  ),
  'envelope after a byte order mark': known((records) => around('\ufeff{"records":', records, '}')),
  'gzipped envelope': (random, records, limits) => ({
    ...known((all) => gzipSync(around('{"records":', all, '}')))(random, records, limits),
    encoding: oneOf(random, ['gzip', 'GZIP']),
  }),
  'gzipped lines': (random, records, limits) => ({
    ...known((all) => gzipSync(joined(all, LINE)), NDJSON_TYPES)(random, records, limits),
    encoding: 'gzip',
  }),
  'named identity': (random, records, limits) => ({ ...known(listOf)(random, records, limits), encoding: 'identity' }),
}

const KINDS = Object.keys(KNOWN)

/** A body whose records are what is wrong with it. */
export function clearBody(random: Random, sound: Iterator<Members, never>, limits: Limits): HostileBody {
  const kind = oneOf(random, KINDS)
  return { kind, ...KNOWN[kind]!(random, someRecords(random, sound), limits) }
}
