import type { Figures, Goal, Spread } from './figures.ts'

const COLUMNS = ['CPU s per million', '(min-max)', 'with start', 'events/s a process', 'to ours'] as const
const NAME_WIDTH = 24
const WIDTHS = [19, 13, 12, 20, 9]

/** The figures as a table, one contestant a line, and what they mean for the goals. */
export function reportText(figures: readonly Figures[], goals: readonly Goal[]): string {
  const rows = figures.map(
    ({ name, cpuSecondsPerMillion, withStart, eventsPerSecondAndProcess, toFirst }) =>
      name.padEnd(NAME_WIDTH) +
      cells([
        cpuSecondsPerMillion.median.toFixed(2),
        rangeText(cpuSecondsPerMillion),
        withStart.median.toFixed(2),
        Math.round(eventsPerSecondAndProcess.median).toLocaleString('en'),
        toFirst.median.toFixed(2),
      ]),
  )
  return [
    ' '.repeat(NAME_WIDTH) + cells(COLUMNS),
    ...rows,
    '',
    ...figures.map(({ name, what }) => `${name}: ${what}`),
    '',
    ...goals.map(({ goal, figure, met }) => `${met ? 'met   ' : 'missed'} ${goal}: ${figure.toFixed(2)}`),
  ].join('\n')
}

const cells = (texts: readonly string[]): string => texts.map((text, at) => text.padStart(WIDTHS[at]!)).join('')

const rangeText = ({ min, max }: Spread): string => `(${min.toFixed(2)}-${max.toFixed(2)})`
