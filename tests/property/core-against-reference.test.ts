import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ACCEPTED, OUTCOMES } from '../../consumer/contract/outcome.ts'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import { decodeState } from '../../consumer/core/snapshot-codec.ts'
import type { ReferenceEvent, ReferenceOptions } from '../../producer/oracle/event.ts'
import { judge } from '../../producer/oracle/judge.ts'
import { reference } from '../../producer/oracle/reference.ts'
import { eventStreams, permutationsOf, referenceOptions } from '../arbitraries.ts'
import { asUserEventsJson } from '../builders.ts'
import { coreOptions, feed, referenceTotals, run, snapshotOf, totals } from '../core-run.ts'
import { runs } from './runs.ts'

const optionsAndLog = referenceOptions().chain((options) => fc.tuple(fc.constant(options), eventStreams(options)))

describe('the core against a separately written sort-and-split', () => {
  test('every total after every log is what the reference computes', () => {
    fc.assert(
      fc.property(optionsAndLog, ([options, log]) => {
        const { state } = run(log, options)
        expect(totals(state)).toStrictEqual(referenceTotals(reference(log, options), state))
      }),
      runs(6000),
    )
  })

  test('each record meets the fate the reference gives it', () => {
    fc.assert(
      fc.property(optionsAndLog, ([options, log]) => {
        const pipeline = new Pipeline(coreOptions(options))
        const fates = log.map((event) => {
          const json = asUserEventsJson(event)
          return OUTCOMES[pipeline.process(json, 0, json.length, event.logTimeMs, options.appendTime)]
        })
        expect(fates).toStrictEqual(judge(log, options).map(({ verdict }) => verdict))
      }),
      runs(2000),
    )
  })

  test('records taken in groups, of any size, lead to the very same state as one by one', () => {
    const garbage = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.uint8Array({ maxLength: 30 })), { maxLength: 5 })
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(optionsAndLog, garbage, sizes, ([options, log], strays, batchSizes) => {
        const records = log.map((event) => ({ json: escaped(asUserEventsJson(event)), logTimeMs: event.logTimeMs }))
        for (const [at, json] of strays) records.splice(at, 0, { json, logTimeMs: 0 })
        const bytes = Uint8Array.from(records.flatMap(({ json }) => [...json]))
        let end = 0
        const ranges = records.map(({ json, logTimeMs }) => {
          end += json.length
          return { bytes, start: end - json.length, end, logTimeMs }
        })
        const single = new Pipeline(coreOptions(options))
        const outcomes = ranges.map(({ start, end, logTimeMs }) =>
          single.process(bytes, start, end, logTimeMs, options.appendTime),
        )
        const grouped = new Pipeline(coreOptions(options))
        const groupOutcomes: number[] = []
        for (let from = 0, batch = 0; from < ranges.length; batch++) {
          const taken = ranges.slice(from, from + batchSizes[batch % batchSizes.length]!)
          for (let at = 0; at < taken.length; ) {
            const count = grouped.processGroup(taken, at, options.appendTime)
            groupOutcomes.push(...grouped.outcomes.slice(0, count))
            at += count
          }
          from += taken.length
        }
        expect(groupOutcomes).toStrictEqual(outcomes)
        expect(snapshotOf(grouped)).toStrictEqual(snapshotOf(single))
      }),
      runs(1500),
    )
  })

  test('a file that ends closes every session as the reference does at an infinite watermark', () => {
    fc.assert(
      fc.property(optionsAndLog, ([options, log]) => {
        const { state } = ((pipeline) => {
          pipeline.closeAll()
          return pipeline
        })(run(log, options))
        const expected = referenceTotals(reference(log, options, { finalWatermarkMs: Number.POSITIVE_INFINITY }), state)
        expect({ ...totals(state), watermark: Number.POSITIVE_INFINITY }).toStrictEqual(expected)
      }),
      runs(2000),
    )
  })

  test('within the lateness, any arrival order is accepted whole and gives the same sessions', () => {
    const inOrder = referenceOptions().chain((drawn) => {
      const options: ReferenceOptions = { ...drawn, allowedLatenessMs: 86_400_000 * 36_500, dropBots: false }
      return eventStreams(drawn).chain((log) => {
        const plain = withUniqueIds(log).map((event) => ({ ...event, logTimeMs: event.timeMs }))
        return fc.tuple(fc.constant(options), fc.constant(plain), permutationsOf(plain))
      })
    })
    fc.assert(
      fc.property(inOrder, ([options, log, shuffled]) => {
        const close = (events: readonly ReferenceEvent[]): Record<string, unknown> => {
          const pipeline = run(events, options)
          pipeline.closeAll()
          const { stream_time, watermark, ...plain } = totals(pipeline.state)
          return plain
        }
        const result = close(shuffled)
        expect(result).toStrictEqual(close(log))
        expect(result.events_dropped_total).toStrictEqual({})
        expect(result.records_rejected_total).toStrictEqual({})
      }),
      runs(2000),
    )
  })

  test('users split over any number of partitions sum to the same totals', () => {
    const split = referenceOptions().chain((drawn) => {
      const options: ReferenceOptions = { ...drawn, allowedLatenessMs: Number.POSITIVE_INFINITY }
      return fc.tuple(fc.constant(options), eventStreams(options).map(withUniqueIds), fc.integer({ min: 2, max: 4 }))
    })
    fc.assert(
      fc.property(split, ([options, log, partitions]) => {
        const closed = (events: readonly ReferenceEvent[]): Record<string, unknown> => {
          const pipeline = run(events, options)
          pipeline.closeAll()
          const { stream_time, watermark, ...plain } = totals(pipeline.state)
          return plain
        }
        const parts = Array.from({ length: partitions }, (_, partition) =>
          closed(log.filter(({ user }) => user.charCodeAt(0) % partitions === partition)),
        )
        expect(parts.reduce(added)).toStrictEqual(closed(log))
      }),
      runs(2000),
    )
  })

  test('conservation: consumed = accepted + dropped + rejected, after every record, garbage included', () => {
    const records = eventStreams({ gapMs: 1000, allowedLatenessMs: 0, futureToleranceMs: 0, aheadMs: 1000 }).chain(
      (log) => fc.tuple(fc.constant(log), fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.json().map(toBytes)))),
    )
    fc.assert(
      fc.property(records, referenceOptions(), ([log, garbage], options) => {
        const pipeline = new Pipeline(coreOptions(options))
        const all = [...garbage, ...log.map(asUserEventsJson)]
        let accepted = 0
        for (const [at, bytes] of all.entries()) {
          if (pipeline.process(bytes, 0, bytes.length, at, true) === ACCEPTED) accepted++
          const { consumed, events, dropped, rejected } = pipeline.state.counters
          expect(sum(events.values)).toBe(accepted)
          expect(consumed.values[0]).toBe(sum(events.values) + sum(dropped.values) + sum(rejected.values))
        }
        expect(pipeline.state.counters.consumed.values[0]).toBe(all.length)
      }),
      runs(2000),
    )
  })
})

describe('snapshots', () => {
  test('saved and restored at any point, a state goes on byte for byte like one that never stopped', () => {
    fc.assert(
      fc.property(optionsAndLog, fc.array(fc.nat({ max: 60 }), { maxLength: 3 }), ([options, log], stops) => {
        const whole = run(log, options)
        let stopped = new Pipeline(coreOptions(options))
        let done = 0
        for (const stop of [...stops.sort((a, b) => a - b), log.length]) {
          const until = Math.min(stop, log.length)
          feed(stopped, log.slice(done, Math.max(until, done)), options.appendTime)
          done = Math.max(until, done)
          const decoding = decodeState(snapshotOf(stopped, done))
          let step = decoding.next()
          while (!step.done) step = decoding.next()
          expect(step.value.offset).toBe(done)
          stopped = new Pipeline(step.value.options, step.value.state)
        }
        expect(snapshotOf(stopped, log.length)).toStrictEqual(snapshotOf(whole, log.length))
        expect(totals(stopped.state)).toStrictEqual(totals(whole.state))
      }),
      runs(3000),
    )
  })
})

/** The record with its pages written as escapes, which take room of their own while a group is read. */
const escaped = (json: Uint8Array): Uint8Array =>
  toBytes(new TextDecoder().decode(json).replaceAll('/product', '\\u002fproduct'))

const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)

const withUniqueIds = (log: readonly ReferenceEvent[]): ReferenceEvent[] =>
  log.map((event, index) => ({ ...event, id: `unique-${index}` }))

/** Sums two states' totals label by label. */
function added(a: unknown, b: unknown): Record<string, unknown> {
  const sums: Record<string, unknown> = { ...(a as Record<string, unknown>) }
  for (const [name, value] of Object.entries(b as Record<string, unknown>)) {
    const known = sums[name]
    if (known === undefined) sums[name] = value
    else if (typeof value === 'number') sums[name] = (known as number) + value
    else if (typeof value === 'bigint') sums[name] = (known as bigint) + value
    else if (Array.isArray(value)) sums[name] = value.map((count, at) => count + (known as number[])[at]!)
    else sums[name] = added(known, value)
  }
  return sums
}
