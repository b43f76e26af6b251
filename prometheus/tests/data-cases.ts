import type { Windows } from '../src/windows.ts'
import type { AlertCase } from './case.ts'
import { type Flow, scaled } from './flow.ts'

const soon = { before: ({ m30 }: Windows): number => m30, lasts: ({ m30 }: Windows): number => m30 }
const rejecting = (reason: string, perSecond: number) => (flow: Flow) => ({
  ...flow,
  rejected: { ...flow.rejected, [reason]: perSecond },
})
const dropping = (reason: string, perSecond: number) => (flow: Flow) => ({
  ...flow,
  dropped: { ...flow.dropped, [reason]: perSecond },
})
const tiny = (flow: Flow): Flow => scaled(flow, 0.01)
const data = { alert: 'BadData', ...soon }
const labels = { alert: 'LabelBudget', ...soon }

export const DATA_CASES: readonly AlertCase[] = [
  ...((
    [
      ['late', dropping('late', 20)],
      ['duplicate', dropping('duplicate', 20)],
      ['malformed_json', rejecting('malformed_json', 5)],
      ['future_dated', rejecting('future_dated', 5)],
    ] as const
  ).map(([reason, change]) => ({
    ...data,
    says: `fires when many records are ${reason}`,
    series: (shop) => shop.shows(change),
    firing: [`BadData{reason="${reason}"}`],
  })) satisfies AlertCase[]),
  {
    ...data,
    says: 'is quiet when there is a little of everything',
    series: (shop) =>
      shop.shows((flow) => dropping('late', 2)(dropping('duplicate', 8)(rejecting('malformed_json', 1)(flow)))),
    firing: [],
  },
  {
    ...data,
    says: 'is quiet when there are hardly any records, most of them late',
    series: (shop) => shop.shows((flow) => tiny(dropping('late', 300)(flow)), { usual: tiny }),
    firing: [],
  },
  {
    ...data,
    says: 'fires although the counters begin again at 0 meanwhile',
    series: (shop) => shop.shows(dropping('late', 20), { lostAt: shop.from + shop.windows.m15 }),
    firing: ['BadData{reason="late"}'],
  },
  {
    ...labels,
    says: 'fires at 85 of 100 pages',
    series: (shop) => shop.shows(undefined, { labelValues: shop.turns(40, 85) }),
    firing: ['LabelBudget{label="page"}'],
  },
  {
    ...labels,
    says: 'fires when there is no room for those that come',
    series: (shop) => shop.shows((flow) => ({ ...flow, overflowing: 1 }), { labelValues: () => 100 }),
    firing: ['LabelBudget{label="page"}'],
  },
  {
    ...labels,
    says: 'is quiet when there is no room left and nothing that needs it',
    series: (shop) => shop.shows(undefined, { labelValues: () => 100 }),
    firing: [],
  },
  {
    ...labels,
    says: 'is quiet at 80',
    series: (shop) => shop.shows(undefined, { labelValues: shop.turns(40, 80) }),
    firing: [],
  },
  {
    ...labels,
    says: 'is quiet when the process is gone',
    series: (shop) =>
      shop.shows(undefined, { labelValues: shop.turns(40, 95), answers: (at) => at < shop.from + shop.windows.m10 }),
    firing: [],
  },
]
