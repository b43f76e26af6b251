import type { Step } from '../dashboard.ts'
import { namedColour } from './look.ts'

/** The colour of the highest step that the value has reached. */
export function colourOf(value: number, steps: readonly Step[]): string {
  const reached = steps.findLast(({ value: from }) => from === null || value >= from)
  return namedColour((reached ?? steps[0]!).color)
}
