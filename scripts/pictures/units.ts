import type { FieldOptions } from './dashboard.ts'

type Amount = Pick<FieldOptions, 'unit' | 'decimals'>

/** What stands beside a panel's title. */
const WORDS: Readonly<Record<string, string>> = {
  short: 'number',
  s: 'time',
  percentunit: 'per cent',
  percent: 'per cent',
  cps: 'per second',
  bytes: 'bytes',
  bool_on_off: 'on or off',
}

/** @throws {Error} for a unit that no amount can be written in yet */
export function unitInWords(unit: string): string {
  const words = WORDS[unit]
  if (words === undefined) throw new Error(`unit ${unit} is unknown, add it in scripts/pictures/units.ts`)
  return words
}

/** What rounding leaves where a difference is 0. */
const NOTHING = 1e-9

/** A value as it is read: 12345 of `short` is `12.3 K`, 0.031 of `percentunit` is `3.1 %`, 95 of `s` is `1.58 min`. */
export function written(exact: number, { unit, decimals }: Amount): string {
  const value = Math.abs(exact) < NOTHING ? 0 : exact
  const rounded = (amount: number): string =>
    Number(decimals === undefined ? amount.toPrecision(3) : amount.toFixed(decimals)).toString()
  switch (unit) {
    case 'percentunit':
      return `${rounded(value * 100)} %`
    case 'percent':
      return `${rounded(value)} %`
    case 'bool_on_off':
      return value === 0 ? 'off' : 'on'
    case 's':
      return scaled(value, TIMES, rounded)
    case 'bytes':
      return scaled(value, BYTES, rounded)
    default:
      return scaled(value, THOUSANDS, rounded)
  }
}

type Scale = readonly (readonly [size: number, name: string])[]

const TIMES: Scale = [
  [86_400, ' d'],
  [3_600, ' h'],
  [60, ' min'],
  [1, ' s'],
  [1e-3, ' ms'],
  [1e-6, ' µs'],
]
const BYTES: Scale = [
  [2 ** 30, ' GiB'],
  [2 ** 20, ' MiB'],
  [2 ** 10, ' KiB'],
  [1, ' B'],
]
const THOUSANDS: Scale = [
  [1e9, ' G'],
  [1e6, ' M'],
  [1e3, ' K'],
  [1, ''],
]

/** In the largest size that the value holds one of; in the smallest whole one when it holds none of any. */
function scaled(value: number, scale: Scale, rounded: (amount: number) => string): string {
  const magnitude = Math.abs(value)
  const [size, name] =
    magnitude === 0
      ? scale.find(([candidate]) => candidate === 1)!
      : (scale.find(([at]) => magnitude >= at) ?? scale.at(-1)!)
  return `${rounded(value / size)}${name}`
}
