import type { Windows } from '../src/windows.ts'
import type { AlertCase, Shop } from './case.ts'
import { exporter } from './exporter.ts'
import { type Flow, ordinary, scaled, withEvents } from './flow.ts'
import { history } from './history.ts'
import type { InputSeries } from './series.ts'

/** As much history as each kind of comparison needs, and a little more. */
const UNTIL_BURN = ({ h1, m30 }: Windows): number => h1 + m30
const UNTIL_USUAL = ({ h1, h6, m30 }: Windows): number => h1 + h6 + m30
const UNTIL_YESTERDAY = ({ d1, h1 }: Windows): number => d1 + h1

const nothingBought = (flow: Flow): Flow => withEvents(flow, { purchase: 0 })
const bought = (share: number) => (flow: Flow) => withEvents(flow, { purchase: flow.events.purchase! * share })
const times = (factor: number) => (flow: Flow) => scaled(flow, factor)
const bouncing = (bounced: number) => (flow: Flow) => ({ ...flow, bounced })
const converting = (converted: number) => (flow: Flow) => ({ ...flow, converted })
const paying = (paymentSeconds: number) => (flow: Flow) => ({ ...flow, paymentSeconds })
const tiny = times(0.01)

const burn = { alert: 'CheckoutConversionBurn', before: UNTIL_BURN }
const payment = { alert: 'PaymentSlow', before: UNTIL_USUAL, lasts: ({ m30 }: Windows) => m30 }
const traffic = { alert: 'TrafficAnomaly', before: UNTIL_YESTERDAY, lasts: ({ m15, m5 }: Windows) => m15 + m5 }
const hourly = { before: UNTIL_USUAL, lasts: ({ h1, m15 }: Windows) => h1 + m15 }
const bounce = { alert: 'BounceRatioHigh', ...hourly }
const conversion = { alert: 'ConversionAnomaly', ...hourly }
const bots = { alert: 'BotStorm', before: UNTIL_USUAL, lasts: ({ m30 }: Windows) => m30 }

export const BEHAVIOUR_CASES: readonly AlertCase[] = [
  {
    ...burn,
    says: 'fires within a quarter of an hour when nothing is bought',
    lasts: ({ m15 }) => m15,
    series: (shop) => shop.shows(nothingBought),
    firing: ['CheckoutConversionBurn{long="15m"}'],
  },
  {
    ...burn,
    says: 'fires within six hours when a quarter of the purchases is missing',
    before: ({ d1 }) => d1,
    lasts: ({ h6 }) => h6,
    series: (shop) => shop.shows(bought(0.75)),
    firing: ['CheckoutConversionBurn{long="6h"}'],
  },
  {
    ...burn,
    says: 'fires within three days when a twentieth is missing of very many',
    before: ({ d3, m30 }) => d3 + m30,
    lasts: ({ d3 }) => d3,
    series: (shop) => shop.shows(bought(0.95), { usual: times(10) }),
    firing: ['CheckoutConversionBurn{long="3d"}'],
  },
  {
    ...burn,
    says: 'fires although the counters begin again at 0 meanwhile',
    lasts: ({ m15 }) => m15,
    series: (shop) => shop.shows(nothingBought, { lostAt: shop.from + shop.windows.m10 }),
    firing: ['CheckoutConversionBurn{long="15m"}'],
  },
  {
    ...burn,
    says: 'is quiet when a tenth of the purchases is missing',
    lasts: ({ h6 }) => h6,
    series: (shop) => shop.shows(bought(0.9)),
    firing: [],
  },
  {
    ...burn,
    says: 'is quiet when there are hardly any checkouts to end in a purchase',
    lasts: ({ m15, m5 }) => m15 + m5,
    series: (shop) => shop.shows((flow) => withEvents(tiny(flow), { purchase: 0 })),
    firing: [],
  },
  {
    ...burn,
    says: 'is quiet when nobody knows yet what is usual',
    before: ({ m10 }) => m10,
    lasts: ({ m30 }) => m30,
    series: (shop) => shop.shows(nothingBought),
    firing: [],
  },
  {
    ...payment,
    says: 'fires when payments take half a minute longer',
    series: (shop) => shop.shows(paying(45)),
    firing: ['PaymentSlow'],
  },
  {
    ...payment,
    says: 'fires although the counters begin again at 0 meanwhile',
    series: (shop) => shop.shows(paying(45), { lostAt: shop.from + shop.windows.m10 }),
    firing: ['PaymentSlow'],
  },
  {
    ...payment,
    says: 'is quiet when they take ten seconds longer',
    series: (shop) => shop.shows(paying(25)),
    firing: [],
  },
  {
    ...payment,
    says: 'is quiet when there are hardly any',
    lasts: ({ h1, m15 }) => h1 + m15,
    series: (shop) => shop.shows((flow) => tiny(paying(45)(flow))),
    firing: [],
  },
  {
    ...traffic,
    says: 'fires when nine in ten visitors stay away',
    series: (shop) => shop.shows(times(0.1)),
    firing: ['TrafficAnomaly{direction="drop"}'],
  },
  {
    ...traffic,
    says: 'fires when five times as many come',
    series: (shop) => shop.shows(times(5)),
    firing: ['TrafficAnomaly{direction="spike"}'],
  },
  {
    ...traffic,
    says: 'takes no counters that begin again at 0 for a drop',
    series: (shop) => shop.shows(times(1), { lostAt: shop.from }),
    firing: [],
  },
  { ...traffic, says: 'is quiet at six tenths', series: (shop) => shop.shows(times(0.6)), firing: [] },
  { ...traffic, says: 'is quiet at two and a half times', series: (shop) => shop.shows(times(2.5)), firing: [] },
  {
    ...traffic,
    says: 'is quiet when a handful of visitors becomes none',
    series: (shop) => shop.shows(times(0.1), { usual: tiny }),
    firing: [],
  },
  {
    ...traffic,
    says: 'is quiet when a handful of visitors becomes five times that',
    series: (shop) => shop.shows(times(5), { usual: tiny }),
    firing: [],
  },
  {
    ...traffic,
    says: 'is quiet on the first day, with nothing to compare with',
    before: ({ m30 }) => m30,
    series: (shop) => shop.shows(times(0.1)),
    firing: [],
  },
  {
    ...traffic,
    says: 'is quiet when the numbers end instead of the visitors',
    series: (shop) => shop.shows(times(1), { answers: shop.turns(true, false) }),
    firing: [],
  },
  ...[5, 0.1].map((factor) => ({
    ...traffic,
    before: ({ d1, h1 }: Windows): number => 2 * d1 + h1,
    lasts: ({ h1 }: Windows): number => 2 * h1,
    says: `is quiet the day after an hour with ${factor} times the visitors, with no week to compare with`,
    series: (shop: Shop): InputSeries[] => {
      const { from, until, windows } = shop
      const then = from - windows.d1 + windows.h1 / 2
      const flow = (at: number): Flow => scaled(ordinary(at), at >= then && at < then + windows.h1 ? factor : 1)
      const every = windows.interval
      return exporter({ history: history({ partitions: 2, scrapes: until / every + 1, every, flow }), every })
    },
    firing: [],
  })),
  {
    ...bounce,
    says: 'fires when seven in ten leave after one page instead of four',
    series: (shop) => shop.shows(bouncing(0.7)),
    firing: ['BounceRatioHigh'],
  },
  {
    ...bounce,
    says: 'fires although the counters begin again at 0 meanwhile',
    series: (shop) => shop.shows(bouncing(0.7), { lostAt: shop.from + shop.windows.m30 }),
    firing: ['BounceRatioHigh'],
  },
  {
    ...bounce,
    says: 'is quiet when a few more do',
    series: (shop) => shop.shows(bouncing(0.47)),
    firing: [],
  },
  { ...bounce, says: 'is quiet when fewer do', series: (shop) => shop.shows(bouncing(0.1)), firing: [] },
  {
    ...bounce,
    says: 'is quiet when there are hardly any sessions',
    series: (shop) => shop.shows((flow) => tiny(bouncing(0.9)(flow))),
    firing: [],
  },
  {
    ...conversion,
    says: 'fires when half as many sessions hold a purchase',
    series: (shop) => shop.shows(converting(0.1)),
    firing: ['ConversionAnomaly{direction="low"}'],
  },
  {
    ...conversion,
    says: 'fires when twice as many do',
    series: (shop) => shop.shows(converting(0.4)),
    firing: ['ConversionAnomaly{direction="high"}'],
  },
  {
    ...conversion,
    says: 'is quiet when a fifth fewer do',
    series: (shop) => shop.shows(converting(0.165)),
    firing: [],
  },
  {
    ...conversion,
    says: 'takes no counters that begin again at 0 for fewer purchases',
    series: (shop) => shop.shows(times(1), { lostAt: shop.from + shop.windows.m30 }),
    firing: [],
  },
  {
    ...conversion,
    says: 'is quiet when there are hardly any sessions',
    series: (shop) => shop.shows((flow) => tiny(converting(0)(flow))),
    firing: [],
  },
  {
    ...bots,
    says: 'fires when pages are viewed five times as often and nothing else is done',
    series: (shop) => shop.shows((flow) => withEvents(flow, { page_view: 500 })),
    firing: ['BotStorm{sign="no_interaction"}'],
  },
  {
    ...bots,
    says: 'fires when a third of the records is dropped as those of bots',
    series: (shop) => shop.shows((flow) => ({ ...flow, dropped: { ...flow.dropped, bot: 120 } })),
    firing: ['BotStorm{sign="user_agent"}'],
  },
  {
    ...bots,
    says: 'fires although the counters begin again at 0 meanwhile',
    series: (shop) =>
      shop.shows((flow) => withEvents(flow, { page_view: 500 }), { lostAt: shop.from + shop.windows.m10 }),
    firing: ['BotStorm{sign="no_interaction"}'],
  },
  { ...bots, says: 'is quiet when five times as many people come', series: (shop) => shop.shows(times(5)), firing: [] },
  {
    ...bots,
    says: 'is quiet when clicks are no longer reported, with the same traffic',
    series: (shop) => shop.shows((flow) => withEvents(flow, { click: 0, scroll: 0 })),
    firing: [],
  },
  {
    ...bots,
    says: 'is quiet when bots are a third of the records as always',
    series: (shop) => shop.shows(times(1), { usual: (flow) => ({ ...flow, dropped: { ...flow.dropped, bot: 120 } }) }),
    firing: [],
  },
  {
    ...bots,
    says: 'is quiet when there are hardly any page views',
    series: (shop) => shop.shows((flow) => withEvents(flow, { page_view: 5 }), { usual: tiny }),
    firing: [],
  },
]
