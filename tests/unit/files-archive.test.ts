import { constants, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unpack } from '../../consumer/files/archive.ts'

const LINES = Buffer.from(Array.from({ length: 5000 }, (_, line) => `line ${line} ${Math.sin(line)}\n`).join(''))
const SKIPPED_FRAME = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3)

interface Unpacked {
  bytes: Buffer
  error: string | undefined
}

/** What comes out of a file with this content, read in chunks of this size, and the error that ended it. */
async function unpacked(path: string, content: Uint8Array, chunkSize = 64 * 1024): Promise<Unpacked> {
  async function* stored(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = 0; at < content.length; at += chunkSize) yield content.subarray(at, at + chunkSize)
  }
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of unpack(path, stored())) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks), error: undefined }
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error: (error as Error).message }
  }
}

const gzip = gzipSync(LINES)
const zstd = zstdCompressSync(LINES)

describe('unpacking', () => {
  test.each([
    { name: 'plain text', path: 'x.csv', content: LINES },
    { name: 'gzip', path: 'x.csv.gz', content: gzip },
    { name: 'zstd', path: 'x.csv.zst', content: zstd },
    { name: 'gzip under a plain name', path: 'x.csv', content: gzip },
    { name: 'zstd under the name of gzip', path: 'x.csv.gz', content: zstd },
    { name: 'gzip padded with zeros', path: 'x.gz', content: Buffer.concat([gzip, Buffer.alloc(100_000)]) },
    { name: 'zstd behind a frame to be skipped', path: 'x.zst', content: Buffer.concat([SKIPPED_FRAME, zstd]) },
  ])('$name gives the bytes that were packed', async ({ path, content }) => {
    for (const chunkSize of [1000, 64 * 1024]) {
      expect(await unpacked(path, content, chunkSize)).toEqual({ bytes: LINES, error: undefined })
    }
  })

  test.each([
    { name: 'gzip', pack: gzipSync },
    { name: 'zstd', pack: zstdCompressSync },
  ])('every part of a $name archive made of several is read, wherever the chunks are cut', async ({ pack }) => {
    const parts = [LINES, Buffer.from('short'), Buffer.alloc(0), LINES].map((part) => pack(part))
    const content = Buffer.concat(parts)
    for (const chunkSize of [parts[0]!.length, parts[0]!.length + 1, 997, content.length]) {
      const { bytes, error } = await unpacked('x', content, chunkSize)
      expect(error).toBeUndefined()
      expect(bytes.equals(Buffer.concat([LINES, Buffer.from('short'), LINES]))).toBe(true)
    }
  })

  test('an empty file is empty', async () => {
    expect(await unpacked('x.csv', Buffer.alloc(0))).toEqual({ bytes: Buffer.alloc(0), error: undefined })
  })
})

describe('a broken archive', () => {
  test('cut short anywhere still gives everything before the cut, and says so', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: gzip.length - 1 }), async (length) => {
        const cut = gzip.subarray(0, length)
        const { bytes, error } = await unpacked('x.csv.gz', cut)
        expect(error).toBe('x.csv.gz: the gzip archive is cut short (unexpected end of file); fetch it again')
        const readable = length < 18 ? Buffer.alloc(0) : gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH })
        expect(bytes.equals(readable)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test.each([
    {
      name: 'zstd cut short',
      path: 'x.zst',
      content: zstd.subarray(0, -1),
      error: 'x.zst: the zstd archive is cut short (unexpected end of file); fetch it again',
    },
    {
      name: 'gzip with a wrong checksum',
      path: 'x.gz',
      content: flipped(gzip, gzip.length - 6),
      error: 'x.gz: the gzip archive is damaged (incorrect data check); fetch it again',
    },
    {
      name: 'gzip with rubbish behind it',
      path: 'x.gz',
      content: Buffer.concat([gzip, Buffer.from('rubbish')]),
      error: 'x.gz: the gzip archive is damaged (incorrect header check); fetch it again',
    },
    {
      name: 'gzip with padding and rubbish behind it',
      path: 'x.gz',
      content: Buffer.concat([gzip, Buffer.from('\0\0\0rubbish')]),
      error: 'x.gz: the gzip archive is damaged (incorrect header check); fetch it again',
    },
  ])('$name gives what comes before the damage, and then the error', async ({ path, content, error }) => {
    const found = await unpacked(path, content)
    expect(found.error).toBe(error)
    expect(found.bytes.length).toBeGreaterThan(LINES.length / 2)
    expect(found.bytes.equals(LINES.subarray(0, found.bytes.length))).toBe(true)
  })

  test('zstd with rubbish behind it gives all of it, and then the error', async () => {
    const { bytes, error } = await unpacked('x.zst', Buffer.concat([zstd, Buffer.from('rubbish')]))
    expect(error).toMatch(/^x\.zst: the zstd archive is damaged \(.+\); fetch it again$/)
    expect(bytes.equals(LINES)).toBe(true)
  })

  test.each([
    { name: 'plain text', content: LINES },
    { name: 'an empty file', content: Buffer.alloc(0) },
  ])('$name called an archive is refused', async ({ content }) => {
    const { error } = await unpacked('x.csv.gz', content)
    expect(error).toBe(
      'x.csv.gz: is no archive though its name ends in .gz; fetch it again, or rename it if it is plain text',
    )
  })
})

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const damaged = Buffer.from(bytes)
  damaged[at]! ^= 0xff
  return damaged
}
