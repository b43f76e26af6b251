import { describe, expect, test } from 'vitest'
import { topTexts } from '../../consumer/profile/ranked-texts.ts'
import { Ranking } from '../../consumer/profile/ranking.ts'

function add(ranking: Ranking, text: string, weight = 1, micros = 0): void {
  const bytes = Buffer.from(text)
  ranking.add(bytes, 0, bytes.length, weight, micros)
}

describe('a ranking', () => {
  test('has the most frequent first, equal ones by their text, with the sums that came with them', () => {
    const ranking = new Ranking()
    for (const text of ['b', 'a', 'c', 'c']) add(ranking, text, 1, 2_500_000)
    expect(ranking.top(2)).toEqual([
      { text: 'c', count: 2, micros: 5_000_000 },
      { text: 'a', count: 1, micros: 2_500_000 },
    ])
    expect(topTexts(ranking)).toMatchObject({ distinct: 3, exact: true, missing: 0 })
    expect(topTexts(ranking).top[0]).toEqual({ text: 'c', count: 2, price_sum: 5 })
  })

  test('counts weights', () => {
    const ranking = new Ranking()
    add(ranking, 'a', 10)
    add(ranking, 'a', 5)
    expect(ranking.top(1)[0]!.count).toBe(15)
  })

  test('tells long texts apart, but keeps no more than their beginning', () => {
    const ranking = new Ranking()
    for (const end of ['x', 'y']) add(ranking, 'a'.repeat(300) + end)
    expect(ranking.top(5).map(({ text }) => text)).toEqual([`${'a'.repeat(200)}…`, `${'a'.repeat(200)}…`])
  })

  test('of more texts than it has room for shows only what is surely more frequent than the forgotten', () => {
    const ranking = new Ranking(100)
    for (let round = 0; round < 300; round++) {
      add(ranking, 'often')
      for (let other = 0; other < 5; other++) add(ranking, `once ${round} ${other}`)
    }
    const { exact, missing, top } = topTexts(ranking)
    expect(exact).toBe(false)
    expect(top.map(({ text }) => text)).toEqual(['often'])
    expect(top[0]!.count).toBeLessThanOrEqual(300)
    expect(top[0]!.count + missing).toBeGreaterThanOrEqual(300)
  })
})
