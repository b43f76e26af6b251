import { describe, expect, test } from 'vitest'
import type { Disorder } from '../../consumer/settings/disorders.ts'
import { createDisordering } from '../../producer/faults/disordering.ts'
import { createRandom } from '../../producer/random.ts'
import type { SyntheticRecord } from '../../producer/synthetic-record.ts'
import { bounds, disordered, outcomesOf, type SteadyTraffic, shareOf } from './faults-sent.ts'

const LATENESS_MS = 600_000
const keyAndText = ({ key, value }: SyntheticRecord): string => `${key} ${Buffer.from(value).toString('latin1')}`

describe('each kind alone', () => {
  test.each<[kind: Disorder, becomes: string[], copies: number]>([
    ['duplicate', ['duplicate'], 1],
    ['delayed_duplicate', ['duplicate', 'late'], 1],
    ['out_of_order', [], 0],
    ['late', ['late'], 0],
    ['future_dated', ['future_dated'], 0],
    ['bad_json', ['invalid_utf8', 'malformed_json'], 0],
    ['wrong_type', ['invalid_time', 'invalid_type', 'invalid_user', 'missing_user'], 0],
    ['truncated', ['malformed_json'], 0],
  ])('%s leads to exactly what it should, in the share it should', (kind, becomes, copies) => {
    const count = 20_000
    const { sent } = disordered({ disorder: { [kind]: 0.25 }, count })
    const outcomes = outcomesOf(sent)
    // A late event is late only once there is a watermark: the first of all is accepted whatever it says.
    expect(new Set(outcomes)).toStrictEqual(new Set(['accepted', ...becomes]))
    const hits =
      becomes.length === 0 ? 0.25 : (outcomes.length * shareOf(outcomes, (word) => word !== 'accepted')) / count
    const [least, most] = bounds(0.25, count)
    expect(hits).toBeGreaterThan(least)
    expect(hits).toBeLessThan(most)
    expect((sent.length - count) / count).toBeGreaterThanOrEqual(copies * least)
    expect((sent.length - count) / count).toBeLessThanOrEqual(copies * most)
  })

  test.each<[kind: Disorder, copies: number, untouched: number]>([
    ['duplicate', 1, 1],
    ['delayed_duplicate', 1, 1],
    ['out_of_order', 0, 1],
    ['late', 0, 1],
    ['future_dated', 0, 1],
    ['bad_json', 0, 0],
    ['wrong_type', 0, 0],
    ['truncated', 0, 0],
  ])('%s, when certain, hits every record', (kind, copies, untouched) => {
    const { made, sent } = disordered({ disorder: { [kind]: 1 }, count: 1_000 })
    expect(sent).toHaveLength(made.length * (1 + copies))
    const times = new Map<string, number>()
    for (const record of sent) times.set(keyAndText(record), (times.get(keyAndText(record)) ?? 0) + 1)
    for (const { record } of made) expect(times.get(keyAndText(record)) ?? 0).toBe(untouched * (1 + copies))
  })

  test('duplicates follow at once, with the same bytes', () => {
    const { sent } = disordered({ disorder: { duplicate: 1 }, count: 100 })
    for (let index = 0; index < sent.length; index += 2) expect(sent[index + 1]).toStrictEqual(sent[index])
  })

  test('copies come up to one and a half times the lateness later: two thirds known, the others late', () => {
    const { made, sent } = disordered({ disorder: { delayed_duplicate: 1 }, count: 20_000 })
    const firstSent = new Map(made.map(({ record }) => [keyAndText(record), record.timeMs]))
    const delays = sent.map((record) => record.timeMs - firstSent.get(keyAndText(record))!).filter((delay) => delay > 0)
    expect(Math.max(...delays)).toBeLessThan(1.5 * LATENESS_MS)
    expect(Math.max(...delays)).toBeGreaterThan(1.49 * LATENESS_MS)
    const known = shareOf(delays, (delay) => delay <= LATENESS_MS)
    const [least, most] = bounds(2 / 3, delays.length)
    expect(known).toBeGreaterThan(least)
    expect(known).toBeLessThan(most)
  })

  test.each([600_000, 5_000, 1])('out of order is up to 0.9 times a lateness of %i ms, and never late', (lateness) => {
    const { made, sent } = disordered({ disorder: { out_of_order: 0.5 }, allowedLatenessMs: lateness })
    expect(new Set(outcomesOf(sent, lateness))).toStrictEqual(new Set(['accepted']))
    const happened = new Map(made.map(({ record, happenedMs }) => [keyAndText(record), happenedMs]))
    const delays = sent.map((record) => record.timeMs - happened.get(keyAndText(record))!)
    expect(Math.max(...delays)).toBeLessThan(Math.max(1, 0.9 * lateness))
    if (lateness > 1) expect(Math.max(...delays)).toBeGreaterThan(0.85 * lateness)
  })

  test('without any allowed lateness nothing can be out of order, and all is sent in order', () => {
    const { made, sent } = disordered({ disorder: { out_of_order: 1 }, allowedLatenessMs: 0 })
    expect(sent).toStrictEqual(made.map(({ record }) => record))
  })

  test('with unlimited lateness records are held for at most 15 minutes', () => {
    const traffic: SteadyTraffic = { disorder: { delayed_duplicate: 1 }, allowedLatenessMs: Number.POSITIVE_INFINITY }
    const { made, sent } = disordered(traffic)
    expect(sent.at(-1)!.timeMs - made.at(-1)!.happenedMs).toBeLessThan(900_000)
    expect(new Set(outcomesOf(sent, Number.POSITIVE_INFINITY))).toStrictEqual(new Set(['accepted', 'duplicate']))
  })
})

describe('holding records', () => {
  test('nothing is due before something is held, and nothing can be released', () => {
    const disordering = createDisordering({ random: createRandom(1, 1), allowedLatenessMs: LATENESS_MS })
    expect(disordering.heldUntilMs).toBe(Number.POSITIVE_INFINITY)
    expect(() => disordering.release()).toThrow('no record is held: release only while heldUntilMs is finite')
  })

  test('undisturbed records pass as they are, the very same objects', () => {
    const { made, sent } = disordered({})
    expect(sent.length).toBe(made.length)
    for (const [index, { record }] of made.entries()) expect(sent[index]).toBe(record)
  })
})
