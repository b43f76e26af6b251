import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isNumber, readDouble, readMicros } from '../../consumer/contract/decimal.ts'
import { runs } from '../property/runs.ts'

const encoder = new TextEncoder()

/** Reads the text from the middle of a buffer whose other bytes are digits, so that reading beyond it shows. */
function within<Read>(text: string, read: (bytes: Uint8Array, start: number, end: number) => Read): Read {
  const bytes = encoder.encode(`9${text}9`)
  return read(bytes, 1, bytes.length - 1)
}

const double = (text: string): number => within(text, readDouble)
const micros = (text: string): number => within(text, readMicros)

const digits = (longest: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^\\d{1,${longest}}$`))
const wholes = (longest: number): fc.Arbitrary<string> => digits(longest).map((text) => text.replace(/^0+(?=\d)/, ''))
const plain = (wholeDigits: number, decimals: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('', '', '-'), wholes(wholeDigits), fc.option(digits(decimals), { nil: undefined }))
    .map(([sign, whole, fraction]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}`)
const exponents = fc
  .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), wholes(3))
  .map((parts) => parts.join(''))

describe('doubles', () => {
  test('are what Number() reads from any JSON number', () => {
    const numbers = fc.oneof(
      plain(12, 8),
      plain(25, 25),
      fc.tuple(plain(10, 10), exponents).map((parts) => parts.join('')),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(numbers, (text) => {
        expect(double(text), text).toBe(Number(text))
      }),
      runs(10_000),
    )
  })

  test.each([
    '0',
    '-0',
    '-0.0',
    '0.1',
    '999999999999999',
    '9007199254740993',
    '0.000000000000001',
    '0.0000000000000001',
  ])('%s', (text) => {
    expect(double(text)).toBe(Number(text))
  })
})

/** Millionths in whole-number arithmetic, half away from zero. */
function exactMicros(text: string): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)!
  const seven = BigInt(`${whole}${fraction.padEnd(7, '0').slice(0, 7)}`)
  const rounded = (seven + 5n) / 10n
  return sign === '-' ? -rounded : rounded
}

describe('money in millionths', () => {
  test('is exact for any plain decimal below nine billion, and NaN above', () => {
    fc.assert(
      fc.property(fc.oneof(plain(10, 12), plain(3, 7), plain(30, 3)), (text) => {
        const exact = exactMicros(text)
        const size = exact < 0n ? -exact : exact
        const expected = size > 9_000_000_000_000_000n ? Number.NaN : Number(exact)
        expect(micros(text) + 0, text).toBe(expected)
      }),
      runs(8000),
    )
  })

  test.each([
    ['19.99', 19_990_000],
    ['0.1', 100_000],
    ['5', 5_000_000],
    ['0.000001', 1],
    ['0.0000005', 1],
    ['0.0000004999999', 0],
    ['0.00000049', 0],
    ['-0.0000005', -1],
    ['-19.99', -19_990_000],
    ['1.9999995', 2_000_000],
    ['0.9999999', 1_000_000],
    ['8999999999.999999', 8_999_999_999_999_999],
    ['9000000000.000001', Number.NaN],
    ['-9000000000.000001', Number.NaN],
    ['99999999999999999999999999', Number.NaN],
    ['1.5e3', 1_500_000_000],
    ['1999E-2', 19_990_000],
    ['1e-6', 1],
    ['1e-7', 0],
    ['1e300', Number.NaN],
    ['1e999', Number.NaN],
  ])('%s is %d', (text, expected) => {
    expect(micros(text)).toBe(expected)
  })
})

describe('what counts as a number in text', () => {
  test('is exactly what JSON.parse reads as one', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'0123456789-+.eE x'), { maxLength: 8 }), (characters) => {
        const text = characters.join('')
        let isJson = false
        try {
          isJson = typeof JSON.parse(text) === 'number' && text.trim() === text
        } catch {}
        expect(within(text, isNumber), text).toBe(isJson)
      }),
      runs(6000),
    )
  })

  test.each([
    '',
    ' 1',
    '1 ',
    '1\n',
    '+1',
    '.5',
    '5.',
    '01',
    '1e',
    '0x10',
    'Infinity',
    'NaN',
    '1_000',
    '1,5',
    '１',
  ])("'%s' is none", (text) => {
    expect(within(text, isNumber)).toBe(false)
  })
})

test.each([
  ['8999999999.999999', 8_999_999_999_999_999],
  ['9000000000', Number.NaN],
  ['9e9', Number.NaN],
  ['-5e-7', -1],
  ['-0.0000005', -1],
  ['5e-7', 1],
])('%s is %d millionths', (text, expected) => {
  expect(micros(text)).toBe(expected)
})
