import { type Cells, MoneyCells } from './cells.ts'
import { Counters } from './count.ts'
import type { Funnel } from './funnel.ts'
import type { CoreOptions } from './options.ts'
import { dueMs, merge } from './sessionize.ts'
import {
  CHECKOUT_MS,
  END_MS,
  ENTRY_PAGE,
  EXIT_PAGE,
  KEY_HI,
  KEY_LO,
  PAGE_VIEWS,
  ROW_DOUBLES,
  ROW_INTS,
  SessionTable,
  START_MS,
  STEPS,
  TYPES,
} from './sessions.ts'
import { columnsOf } from './snapshot-codec.ts'
import type { PartitionState } from './state.ts'

/**
 * The same past under new options, from here on: counters go on under their labels, open sessions stay open (two of
 * one user that the new gap holds together become one), the watermark takes the later of the old and the new rule's.
 * Steps of a funnel that was changed start from nothing, in open sessions and in its counter.
 */
export function adoptOptions(old: PartitionState, before: CoreOptions, after: CoreOptions): PartitionState {
  const counters = new Counters(after, old.counters.pages.values, old.counters.currencies.values)
  const unchanged = unchangedSteps(before.funnels, after.funnels)
  for (const [index, cells] of counters.cells.entries()) {
    copyCells(old.counters.cells[index]!, cells, cells === counters.funnelSessions ? unchanged : undefined)
  }
  counters.openOver24h = old.counters.openOver24h

  const pageId = old.counters.pages.values.map((label) => counters.pages.admit(label))
  const sessions = new SessionTable()
  old.sessions.forEachOpen((slot) => {
    const from = slot * ROW_INTS
    const { ints, doubles } = old.sessions
    const added = sessions.add(ints[from + KEY_LO]!, ints[from + KEY_HI]!, doubles[slot * ROW_DOUBLES + START_MS]!)
    const into = added * ROW_INTS
    const double = slot * ROW_DOUBLES
    sessions.doubles.set(doubles.subarray(double, double + CHECKOUT_MS + 2), added * ROW_DOUBLES)
    sessions.ints.set(ints.subarray(from + PAGE_VIEWS, from + TYPES + 1), into + PAGE_VIEWS)
    sessions.ints[into + ENTRY_PAGE] = pageId[ints[from + ENTRY_PAGE]!]!
    sessions.ints[into + EXIT_PAGE] = pageId[ints[from + EXIT_PAGE]!]!
    let steps = 0
    for (const [newStep, oldStep] of unchanged) if ((ints[from + STEPS]! & (1 << oldStep)) !== 0) steps |= 1 << newStep
    sessions.ints[into + STEPS] = steps
    sessions.due.push(added, dueMs(sessions, added, after.sessionGapMs))
  })
  joinNeighbours(sessions, after.sessionGapMs, counters.pages.values)

  const clock = { ...old.clock, ahead: old.clock.ahead.map((entry) => ({ ...entry })) }
  clock.watermarkMs = Math.max(clock.watermarkMs, clock.streamTimeMs - after.allowedLatenessMs)
  return { clock, seen: old.seen, sessions, counters }
}

/** New step number -> old step number, for the funnels whose steps are the same. */
function unchangedSteps(before: readonly Funnel[], after: readonly Funnel[]): ReadonlyMap<number, number> {
  const firstSteps = new Map<string, number>()
  let step = 0
  for (const funnel of before) {
    firstSteps.set(definitionOf(funnel), step)
    step += funnel.steps.length
  }
  const unchanged = new Map<number, number>()
  step = 0
  for (const funnel of after) {
    const first = firstSteps.get(definitionOf(funnel))
    for (let index = 0; index < funnel.steps.length; index++, step++) {
      if (first !== undefined) unchanged.set(step, first + index)
    }
  }
  return unchanged
}

/** Equal for equal funnels, whatever the order of their keys. */
const definitionOf = ({ name, steps }: Funnel): string =>
  JSON.stringify([name, steps.map((step) => [step.name, step.event, step.page ?? null])])

/** Copies a cell row by row: by the given numbers, or to the row with the same labels. */
function copyCells(from: Cells, into: Cells, rows?: ReadonlyMap<number, number>): void {
  const columns = columnsOf(from)
  if (!('labels' in from) || !('labels' in into)) {
    for (const [index, column] of columnsOf(into).entries()) column.set(columns[index]!)
    return
  }
  const oldRows = from.labels.rows().map((row) => row.join('\n'))
  const newRow = new Map(into.labels.rows().map((row, index) => [row.join('\n'), index]))
  const pairs =
    rows === undefined
      ? oldRows.map((labels, row) => [newRow.get(labels) ?? 0, row] as const)
      : [...rows].map(([newStep, oldStep]) => [newStep, oldStep] as const)
  for (const [to, row] of pairs) {
    if (into instanceof MoneyCells && from instanceof MoneyCells) {
      into.units[to]! += from.units[row]!
      into.add(to, from.micros[row]!)
    } else {
      for (const [index, column] of columnsOf(into).entries()) column[to]! += columns[index]![row]!
    }
  }
}

/** Merges open sessions of one key that lie no further apart than the gap. */
function joinNeighbours(sessions: SessionTable, gapMs: number, pages: readonly string[]): void {
  const { doubles } = sessions
  const near = (a: number, b: number): boolean =>
    doubles[a * ROW_DOUBLES + START_MS]! <= doubles[b * ROW_DOUBLES + END_MS]! + gapMs &&
    doubles[b * ROW_DOUBLES + START_MS]! <= doubles[a * ROW_DOUBLES + END_MS]! + gapMs
  const heads: number[] = []
  sessions.forEachOpen((slot) => {
    if (sessions.next(slot) >= 0) heads.push(slot)
  })
  const gone = new Set<number>()
  for (const head of heads) {
    if (gone.has(head)) continue
    let other = sessions.next(head)
    while (other >= 0) {
      const following = sessions.next(other)
      if (near(head, other)) {
        merge(sessions, head, other, (page, than) => pages[page]! < pages[than]!)
        gone.add(other)
        other = sessions.next(head)
      } else other = following
    }
  }
}
