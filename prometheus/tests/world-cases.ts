import type { Windows } from '../src/windows.ts'
import type { AlertCase, Shop } from './case.ts'
import { exporter } from './exporter.ts'
import { type Flow, ordinary, scaled, withEvents } from './flow.ts'
import { history } from './history.ts'
import type { InputSeries } from './series.ts'

/** Everything that can happen to visitors at once. */
const upheaval = (flow: Flow): Flow => ({
  ...withEvents(scaled(flow, 5), { purchase: 0, scroll: 0 }),
  bounced: 0.95,
  converted: 0,
  paymentSeconds: 500,
})

const tiny = (flow: Flow): Flow => scaled(flow, 0.01)

const all = {
  before: ({ d1, h1 }: Windows): number => d1 + h1,
  lasts: ({ h1 }: Windows): number => h1,
}

/** Courses of things in which every alert has its say. */
export const WORLD_CASES: readonly Omit<AlertCase, 'alert'>[] = [
  { ...all, says: 'nothing fires on an ordinary day', series: (shop) => shop.shows(), firing: [] },
  {
    ...all,
    says: 'nothing fires when a partition moves to another process',
    series: (shop) => moved(shop, 0.6 * shop.windows.m5),
    firing: [],
  },
  {
    ...all,
    says: 'nothing fires when a process is started again',
    series: (shop) =>
      shop.shows(undefined, {
        answers: (at) => at < shop.from || at >= shop.from + shop.windows.m1,
        startedAt: shop.turns(-1e6, shop.from),
        commits: (at) => (at < shop.from ? at : at - shop.from),
      }),
    firing: [],
  },
  {
    ...all,
    says: 'lost history is told as that, and as nothing else',
    lasts: ({ m10 }) => m10,
    series: (shop) => shop.shows(undefined, { lostAt: shop.from, lineageResets: shop.turns(0, 1) }),
    firing: ['LineageReset{cause="retention"}'],
  },
  {
    ...all,
    says: 'an exporter that is gone is told as that, and as nothing else',
    series: (shop) => shop.shows(undefined, { answers: shop.turns(true, false) }),
    firing: ['ExporterDown{what="partitions"}', 'ExporterDown{what="target"}'],
  },
  {
    ...all,
    says: 'nothing fires in a shop with hardly any visitors, whatever they do',
    series: (shop) => shop.shows(upheaval, { usual: tiny }),
    firing: [],
  },
  {
    ...all,
    says: 'five times as many who leave at once are told as that, not by the shares that follow from it',
    series: (shop) => shop.shows((flow) => ({ ...scaled(flow, 5), bounced: 0.9, converted: 0.04 })),
    firing: ['TrafficAnomaly{direction="spike"}'],
  },
  {
    ...all,
    says: 'nor are those shares told once it is over',
    lasts: ({ h1 }) => 2 * h1,
    series: afterASpike,
    firing: [],
  },
  {
    ...all,
    says: 'where nothing was ever scraped, that alone is told',
    before: ({ m10 }) => m10,
    series: () => [],
    firing: ['ExporterDown{what="job"}'],
  },
]

/** Two hours in which nothing was read and everything happened, read within a minute, and ordinary times after. */
export const BACKLOG: Omit<AlertCase, 'alert' | 'firing' | 'says'> = {
  before: ({ h1, h6, m30 }) => h1 + h6 + m30,
  lasts: ({ h1, m30 }) => h1 + h1 + h1 + m30,
  series: (shop) => backlog(shop, (at) => (at < shop.from || at >= backlogEnd(shop) ? 1 : 0)),
}

/** The same with an exporter that takes itself for caught up: what the alerts would say without asking. */
export const UNNOTICED_BACKLOG: Omit<AlertCase, 'alert' | 'says'> = {
  before: BACKLOG.before,
  lasts: ({ h1, m30 }) => h1 + h1 + m30,
  series: (shop) => backlog(shop, () => 1),
  firing: ['BounceRatioHigh', 'ConversionAnomaly{direction="low"}'],
}

const isRead = ({ from, windows: { h1 } }: Shop): number => from + 2 * h1
const backlogEnd = (shop: Shop): number => isRead(shop) + 2 * shop.windows.interval

function backlog(shop: Shop, caughtUp: (seconds: number) => number): InputSeries[] {
  const { from, until } = shop
  const every = shop.windows.interval
  const flow = (at: number): Flow => (at >= from && at < isRead(shop) ? upheaval(ordinary(at)) : ordinary(at))
  const speed = (backlogEnd(shop) - from) / (backlogEnd(shop) - isRead(shop))
  return exporter({
    history: history({ partitions: 2, scrapes: until / every + 1, every, flow }),
    every,
    caughtUp,
    shows: (at) => {
      if (at < from || at >= backlogEnd(shop)) return at
      return at < isRead(shop) ? from : from + (at - isRead(shop)) * speed
    },
  })
}

/** Five times as many came for a while, and it is over when it happens; the sessions of those show from then on. */
function afterASpike({ windows: { interval: every, h1, m10, m30 }, from, until }: Shop): InputSeries[] {
  const flow = (at: number): Flow => {
    const now = scaled(ordinary(at), at >= from - m30 && at < from - m10 ? 5 : 1)
    return at >= from && at < from + h1 / 2 ? { ...now, bounced: 0.9, converted: 0.04 } : now
  }
  return exporter({ history: history({ partitions: 2, scrapes: until / every + 1, every, flow }), every })
}

/** Partition 1 goes from process a to process b and is shown by neither for a while. */
function moved({ windows: { interval: every }, from, until }: Shop, absentSeconds: number): InputSeries[] {
  const shared = { history: history({ partitions: 2, scrapes: until / every + 1, every, flow: ordinary }), every }
  return [
    ...exporter({
      ...shared,
      instance: 'a:8000',
      shows: (at, partition) => (partition === 0 || at < from ? at : undefined),
    }),
    ...exporter({
      ...shared,
      instance: 'b:8000',
      shows: (at, partition) => (partition === 1 && at >= from + absentSeconds ? at : undefined),
    }),
  ]
}
