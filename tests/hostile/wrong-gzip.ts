import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import {
  around,
  type BuildBody,
  JSON_TYPE,
  listOf,
  MALFORMED,
  refused,
  TOO_LARGE,
  UNCLEAR,
  UNSUPPORTED,
} from './hostile-body.ts'
import { damaged } from './hostile-records.ts'
import { oneOf } from './sound-records.ts'

const packed = (records: readonly Buffer[]): Buffer => gzipSync(around('{"records":', records, '}'))

function withTrailer(records: readonly Buffer[], wrong: { sum?: number; length?: number }): Buffer {
  const plain = listOf(records)
  const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE((crc32(plain) + (wrong.sum ?? 0)) >>> 0, 0)
  trailer.writeUInt32LE(plain.length + (wrong.length ?? 0), 4)
  return Buffer.concat([head, deflateRawSync(plain), trailer])
}

const gzipped = { type: JSON_TYPE, encoding: 'gzip', statuses: MALFORMED }

/** Bodies that are not packed as they say, or too well. */
export const WRONG_GZIP: Readonly<Record<string, BuildBody>> = {
  'gzip: cut': (random, records) => {
    const whole = packed(records)
    return { ...gzipped, bytes: whole.subarray(0, 1 + random.below(whole.length - 1)) }
  },
  'gzip: wrong sum': refused((records) => withTrailer(records, { sum: 1 }), MALFORMED, 'gzip'),
  'gzip: wrong length': refused((records) => withTrailer(records, { length: 1 }), MALFORMED, 'gzip'),
  'gzip: damaged': (random, records) => {
    const bytes = damaged(random, packed(records))
    // What it unpacks to, if anything, can be anything.
    return { bytes, type: JSON_TYPE, encoding: 'gzip', statuses: UNCLEAR, unclear: listOf(records) }
  },
  'gzip: bomb': (_random, _records, { maxBodyBytes }) => ({
    ...gzipped,
    bytes: gzipSync(Buffer.alloc(maxBodyBytes * 20, ' ')),
    statuses: TOO_LARGE,
  }),
  'gzip: twice': refused((records) => gzipSync(packed(records)), MALFORMED, 'gzip'),
  'gzip: twice and named twice': refused((records) => gzipSync(packed(records)), UNSUPPORTED, 'gzip, gzip'),
  'gzip: more behind it': refused(
    (records) => Buffer.concat([packed(records), Buffer.from('garbage')]),
    MALFORMED,
    'gzip',
  ),
  'gzip: empty': refused(() => gzipSync(''), MALFORMED, 'gzip'),
  'gzip: no bytes': refused(() => '', MALFORMED, 'gzip'),
  'gzip: not at all': refused((records) => listOf(records), MALFORMED, 'gzip'),
  'gzip: zlib instead': refused((records) => deflateSync(listOf(records)), MALFORMED, 'gzip'),
  'gzip: header, then zlib': refused(
    (records) => Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), deflateSync(listOf(records))]),
    MALFORMED,
    'gzip',
  ),
  'gzip: not named': refused((records) => packed(records)),
  'gzip: named otherwise': (random, records) => ({
    ...gzipped,
    bytes: packed(records),
    encoding: oneOf(random, ['deflate', 'br', 'zstd', 'compress', 'x', 'gzip;q=1', '__proto__']),
    statuses: UNSUPPORTED,
  }),
}
