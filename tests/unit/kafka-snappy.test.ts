import fc from 'fast-check'
import { expect, test } from 'vitest'
import { uncompressSnappy } from '../../consumer/log/kafka/snappy.ts'
import { bytesOrRefusal, framedSnappy, snappyBlock, someDamages, someSteps } from './kafka-compressed.ts'

const aRawBlock = someSteps.map(snappyBlock)

const someFramedBlocks = fc.array(aRawBlock, { maxLength: 3 }).map((blocks) => ({
  bytes: framedSnappy(blocks.map(({ bytes }) => bytes)),
  plain: blocks.flatMap(({ plain }) => plain),
}))

const FORMS = [
  ['a raw block', aRawBlock],
  ['framed blocks', someFramedBlocks],
] as const

test.each(FORMS)('snappy as %s becomes what it was made of, and needs no more than its length', (_, form) => {
  fc.assert(
    fc.property(form, ({ bytes, plain }) => {
      const input = Uint8Array.from(bytes)
      expect(Buffer.from(uncompressSnappy(input, plain.length)).equals(Uint8Array.from(plain))).toBe(true)
      if (plain.length > 0) expect(() => uncompressSnappy(input, plain.length - 1)).toThrow('becomes more than')
    }),
  )
})

test.each(FORMS)('snappy as %s that is damaged becomes no more than the bound', (_, form) => {
  fc.assert(
    fc.property(form, someDamages, ({ bytes, plain }, damages) => {
      const damaged = Uint8Array.from(bytes)
      for (const [at, byte] of damages) damaged[at % damaged.length] = byte
      const most = plain.length + 100
      const outcome = bytesOrRefusal(() => uncompressSnappy(damaged, most))
      expect(outcome?.length ?? 0).toBeLessThanOrEqual(most)
    }),
  )
})

const LITERAL = [0, 97]
const CUT_SHORT = 'the data is cut short'
const TOO_LONG = 'a block is longer than it says'
const TOO_FAR = 'a copy reaches before the beginning of its block'

test.each([
  ['a copy from no distance', [5, ...LITERAL, 1, 0], TOO_FAR],
  [
    'a copy from the block before',
    framedSnappy([
      [1, ...LITERAL],
      [4, 1, 1],
    ]),
    TOO_FAR,
  ],
  ['a literal beyond the length', [1, 4, 97, 98], TOO_LONG],
  ['a copy beyond the length', [2, ...LITERAL, 1, 1], TOO_LONG],
  ['less than the length', [3, ...LITERAL], CUT_SHORT],
  [
    'a short copy cut by the end of its block',
    framedSnappy([
      [5, ...LITERAL, 1],
      [1, ...LITERAL],
    ]),
    CUT_SHORT,
  ],
  [
    'a copy cut by the end of its block',
    framedSnappy([
      [2, ...LITERAL, 2, 1],
      [1, ...LITERAL],
    ]),
    CUT_SHORT,
  ],
  ['its framing cut', framedSnappy([]).subarray(0, -1), CUT_SHORT],
  ['its length cut', [130], CUT_SHORT],
  ['a length without an end', [255, 255, 255, 255, 255, 1], 'the length of a block is damaged'],
  ['a block larger than what is left', framedSnappy([[1, ...LITERAL]]).subarray(0, -1), CUT_SHORT],
])('snappy with %s is refused', (_, bytes, message) => {
  expect(() => uncompressSnappy(Uint8Array.from(bytes), 10)).toThrow(new Error(message))
})
