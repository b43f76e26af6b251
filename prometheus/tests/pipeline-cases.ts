import type { Windows } from '../src/windows.ts'
import type { AlertCase } from './case.ts'
import { type Flow, scaled } from './flow.ts'

const soon = { before: ({ m30 }: Windows): number => m30, lasts: ({ m30 }: Windows): number => m30 }
const dropping = (reason: string, perSecond: number) => (flow: Flow) => ({
  ...flow,
  dropped: { ...flow.dropped, [reason]: perSecond },
})
const tiny = (flow: Flow): Flow => scaled(flow, 0.01)
const nothing = (flow: Flow): Flow => scaled(flow, 0)

const conservation = { alert: 'ConservationBroken', ...soon }
const stalled = { alert: 'WatermarkStalled', ...soon }
const lag = { alert: 'LagHigh', ...soon }
const saving = {
  alert: 'CommitOrSnapshotFailing',
  ...soon,
  lasts: ({ m30, oldSnapshot }: Windows) => m30 + oldSnapshot,
}
const lineage = { alert: 'LineageReset', ...soon, lasts: ({ m5 }: Windows) => m5 }
const down = { alert: 'ExporterDown', ...soon, lasts: ({ m10 }: Windows) => m10 }
const quiet = {
  alert: 'NoEvents',
  before: ({ h1, h6, m30 }: Windows) => h1 + h6 + m30,
  lasts: ({ m30 }: Windows) => m30,
}

export const PIPELINE_CASES: readonly AlertCase[] = [
  {
    ...conservation,
    says: 'fires when a single record is missing',
    series: (shop) => shop.shows(undefined, { unaccounted: shop.turns(0, 1) }),
    firing: ['ConservationBroken'],
  },
  {
    ...conservation,
    says: 'is quiet before the first record',
    series: (shop) => shop.shows(nothing, { usual: nothing }),
    firing: [],
  },
  {
    ...conservation,
    says: 'is quiet with all of them counted',
    series: (shop) => shop.shows(dropping('late', 20)),
    firing: [],
  },
  {
    ...conservation,
    says: 'is quiet when the counters begin again at 0',
    series: (shop) => shop.shows(undefined, { lostAt: shop.from + shop.windows.m15 }),
    firing: [],
  },
  {
    ...stalled,
    says: 'fires when time stands still before records',
    series: (shop) => shop.shows(nothing, { watermark: (at) => Math.min(at, shop.from), lag: shop.turns(0, 500) }),
    firing: ['WatermarkStalled'],
  },
  {
    ...stalled,
    says: 'fires when one record is never read, before the first event',
    series: (shop) => shop.shows(nothing, { watermark: () => undefined, position: () => 7, lag: shop.turns(0, 1) }),
    firing: ['WatermarkStalled'],
  },
  {
    ...stalled,
    says: 'fires when all records are read and none moves time on',
    series: (shop) =>
      shop.shows(nothing, {
        watermark: (at) => Math.min(at, shop.from),
        position: (at) => at,
        lag: shop.turns(0, 500),
      }),
    firing: ['WatermarkStalled'],
  },
  {
    ...stalled,
    says: 'is quiet at night, with nothing to read',
    series: (shop) => shop.shows(nothing, { watermark: (at) => Math.min(at, shop.from) }),
    firing: [],
  },
  {
    ...stalled,
    says: 'is quiet while a backlog is read',
    series: (shop) => shop.shows(undefined, { lag: shop.turns(0, 500_000) }),
    firing: [],
  },
  {
    ...stalled,
    says: 'is quiet when the process is gone',
    series: (shop) => shop.shows(undefined, { answers: shop.turns(true, false) }),
    firing: [],
  },
  {
    ...lag,
    says: 'fires when records take two minutes',
    series: (shop) => shop.shows(undefined, { eventLag: shop.turns(0.2, 120) }),
    firing: ['LagHigh'],
  },
  {
    ...lag,
    says: 'is quiet when they take half of what is allowed',
    series: (shop) => shop.shows(undefined, { eventLag: shop.turns(0.2, shop.windows.mostLag / 2) }),
    firing: [],
  },
  {
    ...lag,
    says: 'is quiet when the last records take two minutes and none come after them',
    series: (shop) =>
      shop.shows(nothing, {
        eventLag: (at) => (at < shop.from ? 0.2 : at < shop.from + shop.windows.m5 ? 120 : undefined),
      }),
    firing: [],
  },
  {
    ...lag,
    says: 'is quiet when the process is gone',
    series: (shop) =>
      shop.shows(undefined, { eventLag: shop.turns(0.2, 120), answers: (at) => at < shop.from + shop.windows.m5 }),
    firing: [],
  },
  {
    ...saving,
    says: 'fires when commits fail and none succeeds',
    series: (shop) =>
      shop.shows(undefined, { commits: (at) => Math.min(at, shop.from), commitFailures: shop.risesFrom(0) }),
    firing: ['CommitOrSnapshotFailing{what="commit"}'],
  },
  {
    ...saving,
    says: 'fires when what is shown grows old',
    series: (shop) => shop.shows(undefined, { captureAge: shop.risesFrom(0) }),
    firing: ['CommitOrSnapshotFailing{what="capture"}'],
  },
  {
    ...saving,
    says: 'fires when no snapshot is taken while records come',
    series: (shop) => shop.shows(undefined, { snapshotAge: shop.risesFrom(20) }),
    firing: ['CommitOrSnapshotFailing{what="snapshot"}'],
  },
  {
    ...saving,
    says: 'is quiet when a rebalance makes one commit fail',
    series: (shop) => shop.shows(undefined, { commitFailures: shop.turns(0, 1) }),
    firing: [],
  },
  {
    ...saving,
    says: 'is quiet when nothing comes that could be saved',
    series: (shop) =>
      shop.shows(nothing, { watermark: (at) => Math.min(at, shop.from), snapshotAge: shop.risesFrom(20) }),
    firing: [],
  },
  {
    ...saving,
    says: 'is quiet when a process without partitions has nothing to commit',
    series: (shop) =>
      shop.shows(undefined, { shows: () => undefined, captureAge: shop.risesFrom(0), commits: () => 0 }),
    firing: [],
  },
  {
    ...saving,
    says: 'is quiet when the process is gone',
    series: (shop) =>
      shop.shows(undefined, { captureAge: shop.turns(0, 1_000), answers: (at) => at < shop.from + shop.windows.m5 }),
    firing: [],
  },
  {
    ...lineage,
    says: 'fires when a running process begins again',
    series: (shop) => shop.shows(undefined, { lostAt: shop.from, lineageResets: shop.turns(0, 1) }),
    firing: ['LineageReset{cause="retention"}'],
  },
  {
    ...lineage,
    says: 'fires when a process begins so, and shows nothing else ever',
    series: (shop) =>
      shop.shows(undefined, {
        answers: (at) => at < shop.from - shop.windows.m1 || at >= shop.from,
        startedAt: shop.turns(-1e6, shop.from),
        lineageResets: () => 1,
        lostAt: shop.from,
      }),
    firing: ['LineageReset{cause="retention"}'],
  },
  {
    ...lineage,
    says: 'is quiet when a process is started again with its past',
    series: (shop) => shop.shows(undefined, { startedAt: shop.turns(-1e6, shop.from) }),
    firing: [],
  },
  {
    ...lineage,
    says: 'is quiet when it happened long ago',
    series: (shop) => shop.shows(undefined, { lineageResets: () => 1 }),
    firing: [],
  },
  {
    ...down,
    says: 'fires when the only process is gone',
    series: (shop) => shop.shows(undefined, { answers: shop.turns(true, false) }),
    firing: ['ExporterDown{what="partitions"}', 'ExporterDown{what="target"}'],
  },
  {
    ...down,
    says: 'fires when Prometheus finds none any more',
    series: (shop) => shop.shows(undefined, { answers: shop.turns(true, false), listed: shop.turns(true, false) }),
    firing: ['ExporterDown{what="partitions"}', 'ExporterDown{what="job"}'],
  },
  {
    ...down,
    says: 'fires when the process answers and lacks a partition',
    series: (shop) =>
      shop.shows(undefined, { shows: (at, partition) => (at < shop.from || partition === 0 ? at : undefined) }),
    firing: ['ExporterDown{what="partitions"}'],
  },
  {
    ...down,
    says: 'is quiet when a process comes back in time',
    series: (shop) =>
      shop.shows(undefined, { answers: (at) => at < shop.from || at > shop.from + shop.windows.m5 / 2 }),
    firing: [],
  },
  {
    ...down,
    says: 'is quiet without a single event',
    series: (shop) => shop.shows(nothing, { usual: nothing }),
    firing: [],
  },
  {
    ...quiet,
    says: 'fires when nothing comes any more',
    series: (shop) => shop.shows(nothing),
    firing: ['NoEvents'],
  },
  {
    ...quiet,
    says: 'is quiet as long as something comes',
    series: (shop) => shop.shows((flow) => scaled(flow, 0.05)),
    firing: [],
  },
  {
    ...quiet,
    says: 'is quiet where hardly anything comes anyway',
    series: (shop) => shop.shows(nothing, { usual: tiny }),
    firing: [],
  },
  {
    ...quiet,
    says: 'is quiet while there is something left to read',
    series: (shop) => shop.shows(nothing, { caughtUp: shop.turns(1, 0) }),
    firing: [],
  },
  {
    ...quiet,
    says: 'is quiet when the process is gone',
    series: (shop) => shop.shows(nothing, { answers: shop.turns(true, false) }),
    firing: [],
  },
]
