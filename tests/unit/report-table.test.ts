import { expect, test } from 'vitest'
import { newPartitionState } from '../../consumer/core/state.ts'
import { reportTable } from '../../consumer/report/table.ts'
import { type Totals, totalsOf } from '../../consumer/report/totals.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'

/** Totals of nothing but what the test says. */
const someTotals = (totals: Partial<Totals>): Totals => ({
  ...totalsOf(newPartitionState(coreOptions(aReferenceRun())).counters, 0),
  ...totals,
})

/** The lines under a heading. */
function sectionOf(totals: Partial<Totals>, heading: string): string[] {
  const section = reportTable(someTotals(totals))
    .split('\n\n')
    .find((text) => text.startsWith(`${heading}\n`))
  return section?.trimEnd().split('\n').slice(1) ?? []
}

test('names stand to the left, numbers and shares to the right', () => {
  const totals = { events_accepted: 12_345, events: { page_view: 12_000, click: 0, purchase: 345 } }
  expect(sectionOf(totals, 'EVENTS')).toEqual(['  page_view  12,000  97.2 %', '  purchase      345   2.8 %'])
})

test('only the reasons that occurred are shown, under their sum', () => {
  const totals = {
    records_consumed: 10,
    events_accepted: 5,
    events_dropped: { late: 2, duplicate: 0, bot: 1 },
    records_rejected: { empty: 0, malformed_json: 2 },
  }
  expect(sectionOf(totals, 'RECORDS')).toEqual([
    '  consumed          10',
    '  accepted           5  50.0 %',
    '  dropped            3',
    '    late             2',
    '    bot              1',
    '  rejected           2',
    '    malformed_json   2',
    '  users              0',
  ])
})

test('what has nothing to show has no section', () => {
  expect(reportTable(someTotals({}))).not.toMatch(/SESSIONS|EVENTS|REVENUE|PAGE VIEWS|CLICKS/)
})

test('revenue is grouped in thousands without losing a digit', () => {
  const revenue = { EUR: '1234567890123456.654321', USD: '999.99', JPY: '1000.00' }
  expect(sectionOf({ revenue }, 'REVENUE')).toEqual([
    '  EUR  1,234,567,890,123,456.654321',
    '  USD                        999.99',
    '  JPY                      1,000.00',
  ])
})

test('labels that stand for no value or for the rest are explained', () => {
  const page_views = { '/home': 8, __none__: 1, __other__: 1 }
  expect(sectionOf({ page_views }, 'PAGE VIEWS')).toEqual([
    '  /home      8  80.0 %',
    '  __none__   1  10.0 %  events that name no page',
    '  __other__  1  10.0 %  pages beyond --max-pages',
  ])
})

test('a page name can neither break the table nor play with the terminal', () => {
  const [line] = sectionOf({ page_views: { [`/\u001b[2J${'x'.repeat(300)}`]: 1 } }, 'PAGE VIEWS')
  expect(line).toBe(`  /?[2J${'x'.repeat(54)}…  1  100.0 %`)
})

test('funnel steps are shares of the first step', () => {
  const funnels = { purchase: { view: 200, cart: 50, purchase: 10 } }
  expect(sectionOf({ funnels }, 'FUNNEL purchase')).toEqual([
    '  view      200  100.0 %',
    '  cart       50   25.0 %',
    '  purchase   10    5.0 %',
  ])
})
