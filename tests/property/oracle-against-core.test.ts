import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUILT_IN_DIALECTS, type BuiltInDialect } from '../../consumer/contract/dialects.ts'
import type { LoggedRecord, OracleOptions } from '../../producer/oracle/partition-oracle.ts'
import { eventStreams, referenceOptions } from '../arbitraries.ts'
import { at } from '../builders.ts'
import { aReferenceRun } from '../core-run.ts'
import { recordOf } from '../dialect-records.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { bothCount } from '../oracle-run.ts'
import { anOracleRun } from '../reference-series.ts'
import { runs } from './runs.ts'
import { damagedRecords, everyValueInEveryField, sentPages } from './strange-records.ts'

const DIALECTS = Object.keys(BUILT_IN_DIALECTS) as BuiltInDialect[]

/** Options under which every guard is met: few labels, a small record, and all dialects by their keys. */
const oracleOptions = (): fc.Arbitrary<OracleOptions> =>
  fc
    .record({
      rules: referenceOptions(),
      dialect: fc.constantFrom('auto', 'auto', ...DIALECTS),
      pages: fc.constantFrom([], ['/home'], ['https://shop.example/cart/', '/product/1', '/home', '/home']),
      maxPages: fc.constantFrom(0, 1, 3, 100),
      defaultCurrency: fc.constantFrom('', 'CHF'),
      maxRecordBytes: fc.constantFrom(1_048_576, 300),
    })
    .map(({ rules, ...others }) => ({ ...rules, ...others }))

describe('the oracle and the core show the same', () => {
  test('of any stream in any dialect, whatever pages were sent', () => {
    const logs = oracleOptions().chain((options) =>
      eventStreams(options).chain((events) => {
        const { length } = events
        const pages = fc.array(sentPages(), { minLength: length, maxLength: length })
        return fc.tuple(fc.constant(options), fc.constant(events), pages, fc.constantFrom(...DIALECTS))
      }),
    )
    fc.assert(
      fc.property(logs, ([options, events, pages, sentAs]) => {
        const log = events.map((event, offset): LoggedRecord => {
          const sent = event.page === undefined ? event : { ...event, page: pages[offset]! }
          const dialect = options.dialect === 'auto' ? sentAs : options.dialect
          return { offset, value: recordOf(sent, dialect), logTimeMs: event.logTimeMs }
        })
        const { oracle, core } = bothCount(log, options)
        expect(oracle).toStrictEqual(core)
      }),
      runs(1500),
    )
  })

  test.each([
    'user',
    'session',
  ] as const)('of every strange value in every field, sessions keyed by %s', (sessionKey) => {
    const log = everyValueInEveryField().map((value, offset) => ({ offset, value, logTimeMs: at('12:00:00') }))
    const rules = aReferenceRun({ sessionKey, allowedLatenessMs: Number.POSITIVE_INFINITY, dropBots: true })
    const { oracle, core } = bothCount(log, { ...anOracleRun(rules), dialect: 'auto' })
    expect(oracle).toStrictEqual(core)
  })

  test('of records with anything in any field, and of what is no record at all', () => {
    const logs = fc.tuple(oracleOptions(), fc.array(damagedRecords(), { minLength: 1, maxLength: 12 }))
    fc.assert(
      fc.property(logs, ([options, values]) => {
        const log = values.map((value, offset) => ({ offset, value, logTimeMs: at('12:00:00') }))
        const { oracle, core } = bothCount(log, options)
        expect(oracle).toStrictEqual(core)
      }),
      runs(4000),
    )
  })

  test.each(
    DIALECTS,
  )('of disordered traffic as %s, with more pages and currencies than there is room for', (dialect) => {
    const letter = (number: number): string => String.fromCharCode(65 + number)
    const currencies = Array.from({ length: 40 }, (_, index) => `X${letter(index / 26)}${letter(index % 26)}`)
    const traffic = disorderedTraffic({
      seed: 7,
      count: 6_000,
      fromMs: at('09:00:00'),
      stepMs: 2_000,
      allowedLatenessMs: 600_000,
      gapMs: 1_800_000,
    })
    const log = traffic.map((event, offset) => {
      const sold = event.currency === undefined ? event : { ...event, currency: currencies[offset % 40]! }
      return { offset, value: recordOf(sold, dialect), logTimeMs: event.logTimeMs }
    })
    const options = { ...anOracleRun(aReferenceRun()), dialect, maxPages: 2 }
    const { oracle, core } = bothCount(log, options)
    expect(oracle).toStrictEqual(core)
    expect(oracle.clickstream_sessions_closed_total).toBeGreaterThan(50)
    if (dialect !== 'rees46') {
      expect(oracle['clickstream_label_overflow_total{label="page"}']).toBeGreaterThan(100)
      expect(oracle['clickstream_label_overflow_total{label="currency"}']).toBeGreaterThan(5)
    }
  })
})
