import fc from 'fast-check'
import { expect, test } from 'vitest'
import { uncompressLz4 } from '../../consumer/log/kafka/lz4.ts'
import { xxh32 } from '../../consumer/log/kafka/xxh32.ts'
import { bytesOrRefusal, frameOf, lz4Frame, someDamages, someFrameOptions, someSteps } from './kafka-compressed.ts'

const aFrame = fc
  .tuple(fc.array(fc.record({ steps: someSteps, stored: fc.boolean() }), { maxLength: 3 }), someFrameOptions)
  .map(([blocks, options]) => lz4Frame(blocks, options))

test('an LZ4 frame becomes what it was made of, and needs no more than its length', () => {
  fc.assert(
    fc.property(aFrame, ({ bytes, plain }) => {
      const input = Uint8Array.from(bytes)
      expect(Buffer.from(uncompressLz4(input, plain.length)).equals(Uint8Array.from(plain))).toBe(true)
      if (plain.length > 0) expect(() => uncompressLz4(input, plain.length - 1)).toThrow('becomes more than')
    }),
  )
})

test('an LZ4 frame that is damaged becomes no more than the bound', () => {
  fc.assert(
    fc.property(aFrame, someDamages, ({ bytes, plain }, damages) => {
      const damaged = Uint8Array.from(bytes)
      for (const [at, byte] of damages) damaged[at % damaged.length] = byte
      const most = plain.length + 100
      const outcome = bytesOrRefusal(() => uncompressLz4(damaged, most))
      expect(outcome?.length ?? 0).toBeLessThanOrEqual(most)
    }),
  )
})

const END = [0, 0, 0, 0]
const ONE_LITERAL = [2, 0, 0, 0, 0x10, 97]
/** One literal and its copies, as many as 257 bytes of 255 say: more than 64 KiB. */
const LONG_BLOCK = [7, 1, 0, 0, 0x1f, 97, 1, 0, ...Array<number>(257).fill(255), 0, 0]

test.each([
  [
    'a match from no distance',
    [0x60, 0x40],
    [6, 0, 0, 0, 0x10, 97, 0, 0, 0x10, 97, ...END],
    'a match reaches before the beginning',
  ],
  [
    'a match from the block before',
    [0x60, 0x40],
    [...ONE_LITERAL, 4, 0, 0, 0, 0, 1, 0, 0, ...END],
    'a match reaches before the beginning',
  ],
  [
    'a block larger than its header allows',
    [0x60, 0x40],
    [...LONG_BLOCK, ...END],
    'a block is longer than its frame allows',
  ],
  [
    'less than its header says',
    [0x68, 0x40, 2, 0, 0, 0, 0, 0, 0, 0],
    [...ONE_LITERAL, ...END],
    'the frame is not as long as it says',
  ],
  ['another version', [0xa0, 0x40], [...ONE_LITERAL, ...END], 'the frame is of version 2, not 1'],
  ['a dictionary', [0x61, 0x40, 1, 0, 0, 0], [...ONE_LITERAL, ...END], 'the frame needs a dictionary'],
])('an LZ4 frame with %s is refused', (_, descriptor, body, message) => {
  expect(() => uncompressLz4(Uint8Array.from(frameOf(descriptor, body)), 100_000)).toThrow(new Error(message))
})

test('an LZ4 frame ends where it says, whatever follows', () => {
  const frame = frameOf([0x60, 0x40], [...ONE_LITERAL, ...END, 1, 2, 3])
  expect(uncompressLz4(Uint8Array.from(frame), 1)).toEqual(Uint8Array.of(97))
})

// As computed by lz4-java 1.8.0.
test.each([
  [0, 0x02cc5d05],
  [1, 0x3fe5a29d],
  [3, 0x4021af28],
  [4, 0x1eb8f11a],
  [15, 0x162986eb],
  [16, 0x96ac9fa6],
  [17, 0x3cdfb1a2],
  [20, 0x428f0501],
  [32, 0xda8072dc],
  [39, 0x349f040e],
])('the xxHash of %i bytes is that of the LZ4 library', (length, hash) => {
  const bytes = Uint8Array.from({ length: length + 2 }, (_, at) => (at - 1) * 37 + 11)
  expect(xxh32(bytes, 1, length + 1)).toBe(hash)
})
