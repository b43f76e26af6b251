/** ` (did you mean x?)` for the candidate a typing slip away from `word`, else an empty text. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const best = closest(word, candidates)
  return best === undefined ? '' : ` (did you mean ${best}?)`
}

/** A third of the letters may differ: `prot` finds port, `foo` finds nothing. */
function closest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(word)
  let best: string | undefined
  let bestSlips = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const slips = slipsBetween(wanted, plain(candidate))
    if (slips < bestSlips && slips * 3 <= Math.max(wanted.length, candidate.length)) {
      best = candidate
      bestSlips = slips
    }
  }
  return best
}

/** session_gap, sessionGap and session-gap are the same word. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '')

/** Letters inserted, left out, replaced, or swapped with their neighbour. */
function slipsBetween(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1)
      let fewest = Math.min(previous[column]! + 1, current[column - 1]! + 1, replaced)
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) fewest = Math.min(fewest, beforePrevious[column - 2]! + 1)
      current.push(fewest)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length]!
}
