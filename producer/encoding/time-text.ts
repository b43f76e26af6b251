const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, ms) => String(ms).padStart(3, '0'))

const thousandthsOf = (timeMs: number): string => THOUSANDTHS[timeMs % 1000]!

/** `1.250` for 1250 ms. Whole milliseconds of at least 0. */
export const secondsText = (durationMs: number): string =>
  `${Math.floor(durationMs / 1000)}.${thousandthsOf(durationMs)}`

/** Epoch seconds with three places, such as `1714557600.250`. Most events share their second with the one before. */
export function createEpochText(): (timeMs: number) => string {
  let second = Number.NaN
  let text = ''
  return (timeMs) => {
    const wanted = Math.floor(timeMs / 1000)
    if (wanted !== second) {
      second = wanted
      text = `${wanted}.`
    }
    return text + thousandthsOf(timeMs)
  }
}

/** `2024-05-01T10:00:00`, the whole second in UTC; `between` stands for the T. */
export function createSecondText(between: 'T' | ' '): (timeMs: number) => string {
  let second = Number.NaN
  let text = ''
  return (timeMs) => {
    const wanted = Math.floor(timeMs / 1000)
    if (wanted !== second) {
      second = wanted
      text = new Date(wanted * 1000).toISOString().slice(0, 19).replace('T', between)
    }
    return text
  }
}

/** `2024-05-01T10:00:00.250Z` */
export function createIsoText(): (timeMs: number) => string {
  const secondText = createSecondText('T')
  return (timeMs) => `${secondText(timeMs)}.${thousandthsOf(timeMs)}Z`
}
