/**
 * Whether a text is what a glob says, in which each `*` stands for any run of characters. Walks the glob once and keeps
 * every place of the text that it may have come to.
 */
export function matchesGlob(text: string, glob: string): boolean {
  let reached = [0]
  for (const sign of glob.split('')) {
    reached = sign === '*' ? fromFirst(reached, text.length) : reached.filter((at) => text[at] === sign).map(next)
  }
  return reached.includes(text.length)
}

const next = (at: number): number => at + 1

/** Every place from the first one reached to the end. */
function fromFirst(reached: readonly number[], end: number): number[] {
  const first = Math.min(...reached, end + 1)
  return Array.from({ length: end + 1 - first }, (_, index) => first + index)
}
