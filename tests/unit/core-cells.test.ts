import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HistogramCells, labelled, labelledBy, MoneyCells } from '../../consumer/core/cells.ts'
import { LabelTable, NONE, OTHER } from '../../consumer/core/label-table.ts'
import { runs } from '../property/runs.ts'

const described = { name: 'revenue_total', help: 'Sums.' }
const money = (): MoneyCells => new MoneyCells(described, labelled('currency', ['EUR', 'USD']), 2)

/** A sum's exact text by whole-number arithmetic: at least two decimals, no more than it takes. */
function exactText(micros: bigint): string {
  const decimals = String(micros % 1_000_000n).padStart(6, '0')
  const needed = decimals.replace(/0+$/, '').padEnd(2, '0')
  return `${micros / 1_000_000n}.${needed}`
}

describe('sums of money', () => {
  test('are exact to the millionth, row by row, for any amounts', () => {
    const amounts = fc.array(
      fc.tuple(fc.nat({ max: 1 }), fc.oneof(fc.nat({ max: 2_000_000 }), fc.integer({ min: 0, max: 9e15 }))),
    )
    fc.assert(
      fc.property(amounts, (all) => {
        const cells = money()
        const sums = [0n, 0n]
        for (const [row, micros] of all) {
          cells.add(row, micros)
          sums[row]! += BigInt(micros)
        }
        for (const [row, sum] of sums.entries()) {
          expect(cells.text(row)).toBe(exactText(sum))
          expect(BigInt(cells.units[row]!) * 1_000_000n + BigInt(cells.micros[row]!)).toBe(sum)
          expect(cells.micros[row]).toBeLessThan(1_000_000)
          expect(cells.value(row)).toBe(Number(exactText(sum)))
        }
      }),
      runs(2000),
    )
  })

  test('lose no millionth beyond 2^53 millionths', () => {
    const cells = money()
    for (let count = 0; count < 1000; count++) cells.add(0, 8_999_999_999_999_999)
    cells.add(0, 1)
    expect(cells.text(0)).toBe('8999999999999.999001')
    expect(8_999_999_999_999_999 * 1000 + 1).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
  })

  test('carry parts that make exactly one unit', () => {
    const cells = money()
    for (const micros of [500_000, 500_000, 999_999, 1]) cells.add(0, micros)
    expect([cells.units[0], cells.micros[0], cells.text(0)]).toStrictEqual([2, 0, '2.00'])
  })

  test.each([
    [0, '0.00'],
    [1, '0.000001'],
    [10, '0.00001'],
    [100_000, '0.10'],
    [990_000, '0.99'],
    [990_100, '0.9901'],
    [1_000_000, '1.00'],
    [1_140_000, '1.14'],
    [59_442_630_000, '59442.63'],
    [1_234_567_891_234_567, '1234567891.234567'],
  ])('%d millionths are written %s', (micros, text) => {
    const cells = money()
    cells.add(1, micros)
    expect(cells.text(1)).toBe(text)
    expect(cells.text(0)).toBe('0.00')
    expect(cells.value(1)).toBe(Number(text))
  })
})

describe('histograms', () => {
  test('put a value on a bound into that bucket, and one beyond all bounds into the last', () => {
    const cells = new HistogramCells({ name: 'h', help: 'H.' }, [1, 5], 1000)
    for (const ms of [0, 1000, 1001, 5000, 5001, 9_000_000]) cells.observe(ms)
    expect([...cells.counts]).toStrictEqual([2, 2, 2])
    expect(cells.sum[0]).toBe(9_012_002)
    expect(cells.count).toBe(6)
  })
})

describe('labels', () => {
  test('of a table grow as the table does, and old rows stay the same objects', () => {
    const table = new LabelTable('page', ['/home'], 2)
    const labels = labelledBy(table)
    const before = labels.rows()[2]
    expect(labels.rows()).toStrictEqual([[OTHER], [NONE], ['/home']])
    table.admit('/cart')
    expect(labels.rows()).toStrictEqual([[OTHER], [NONE], ['/home'], ['/cart']])
    expect(labels.rows()[2]).toBe(before)
    expect(labels.names).toStrictEqual(['page'])
  })
})
