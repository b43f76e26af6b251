import { type Kind, read, refuse } from './kinds.ts'

const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const

/** Milliseconds, or undefined when `text` is no duration. */
function millisecondsOf(text: string): number | undefined {
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text)
  if (text === '' || parts === null) return undefined
  const [d, h, m, s, ms] = parts.slice(1).map((digits = '0') => Number(digits)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  return d * UNIT_MS.d + h * UNIT_MS.h + m * UNIT_MS.m + s * UNIT_MS.s + ms
}

const UNIT_AS_WRITTEN: readonly (readonly [words: RegExp, unit: keyof typeof UNIT_MS])[] = [
  [/(milliseconds?|millis|msecs?)/, 'ms'],
  [/(seconds?|secs?)/, 's'],
  [/(minutes?|mins?)/, 'm'],
  [/(hours?|hrs?)/, 'h'],
  [/days?/, 'd'],
]

/** `30 min` is meant as 30m. */
function durationMeantBy(text: string): string | undefined {
  if (/^\d+$/.test(text)) return `${text}s`
  let meant = text.toLowerCase().replaceAll(' ', '')
  for (const [words, unit] of UNIT_AS_WRITTEN) meant = meant.replace(words, unit)
  return millisecondsOf(meant) === undefined ? undefined : meant
}

/** Durations such as 500ms, 30s, 1h30m, 2d, in milliseconds. The bounds are written the same way and included. */
export function duration({ atLeast = '0s', atMost = '3650d' } = {}): Kind<number> {
  const lowest = millisecondsOf(atLeast)!
  const highest = millisecondsOf(atMost)!
  return {
    placeholder: 'DURATION',
    parse(text) {
      const ms = millisecondsOf(text)
      if (ms === undefined) {
        const meant = durationMeantBy(text)
        if (meant === undefined) return refuse('not a duration, write for example 500ms, 30s, 5m, 1h30m or 2d')
        return refuse(`${/^\d+$/.test(text) ? 'has no unit' : 'not a duration'}, write ${meant}`)
      }
      return ms >= lowest && ms <= highest ? read(ms) : refuse(`write a duration from ${atLeast} to ${atMost}`)
    },
  }
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** Bytes, or undefined when `text` is no size. */
function bytesOf(text: string): number | undefined {
  const [, digits, unit] = /^(\d+)([KMGT]?i?B)$/.exec(text) ?? []
  const factor = UNIT_BYTES[unit ?? '']
  return factor === undefined ? undefined : Number(digits) * factor
}

/** `64mb` is meant as 64MB, `1g` as 1GiB. */
function bytesMeantBy(text: string): string | undefined {
  const [, digits, prefix, suffix] = /^(\d+) *([kmgt]?)(i?b?)$/i.exec(text) ?? []
  if (digits === undefined || prefix === undefined || suffix === undefined) return undefined
  if (prefix === '') return `${digits}B`
  return `${digits}${prefix.toUpperCase()}${suffix.toLowerCase() === 'b' ? 'B' : 'iB'}`
}

/** Sizes such as 512KiB, 64MB, 1GiB, in bytes. The bounds are written the same way and included. */
export function byteSize({ atLeast, atMost }: { atLeast: string; atMost: string }): Kind<number> {
  const lowest = bytesOf(atLeast)!
  const highest = bytesOf(atMost)!
  return {
    placeholder: 'SIZE',
    parse(text) {
      const bytes = bytesOf(text)
      if (bytes === undefined) {
        const meant = bytesMeantBy(text)
        return refuse(`not a size with a unit, write ${meant ?? 'for example 512KiB, 64MB or 1GiB'}`)
      }
      return bytes >= lowest && bytes <= highest ? read(bytes) : refuse(`write a size from ${atLeast} to ${atMost}`)
    },
  }
}

/** Whole numbers within the bounds, which are included. */
export function wholeNumber({ atLeast, atMost }: { atLeast: number; atMost: number }): Kind<number> {
  return {
    placeholder: 'NUMBER',
    parse(text) {
      const value = Number(text)
      const fits = /^-?\d+$/.test(text) && value >= atLeast && value <= atMost
      return fits ? read(value) : refuse(`write a whole number from ${atLeast} to ${atMost}`)
    },
  }
}

/** TCP ports; 0 stands for any free one. */
export const port: Kind<number> = {
  placeholder: 'PORT',
  parse(text) {
    const value = Number(text)
    const fits = /^\d+$/.test(text) && value <= 65_535
    return fits ? read(value) : refuse('write a port from 1 to 65535, or 0 for any free one')
  },
}

/** Plain decimals from 0 to `atMost`. */
export function amount({ atMost }: { atMost: number }): Kind<number> {
  return {
    placeholder: 'NUMBER',
    parse(text) {
      const value = Number(text)
      const fits = /^\d+(\.\d+)?$/.test(text) && value <= atMost
      return fits ? read(value) : refuse(`write a number from 0 to ${atMost}, such as 0.5 or 200`)
    },
  }
}
