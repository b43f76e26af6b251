import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenTable } from '../../consumer/contract/token-table.ts'
import { runs } from '../property/runs.ts'

const encoder = new TextEncoder()

function find(table: TokenTable, text: string): number {
  const bytes = encoder.encode(`a${text}a`)
  return table.find(bytes, 1, bytes.length - 1)
}

describe('a token table', () => {
  const words = fc.oneof(
    fc.constantFrom('page', 'pages', 'age', 'gape', 'page_view', 'view', 'é', '日本', 'a', 'aa', 'aaa'),
    fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom('a', 'b', 'ü') }),
  )

  test('finds each of its words at its index and no other text', () => {
    fc.assert(
      fc.property(fc.uniqueArray(words, { maxLength: 60 }), fc.array(words, { maxLength: 20 }), (known, others) => {
        const table = new TokenTable(known)
        expect(table.size).toBe(known.length)
        for (const text of [...known, ...others]) expect(find(table, text), text).toBe(known.indexOf(text))
      }),
      runs(2000),
    )
  })

  test('holds hundreds of words of one length that begin, end and are centred alike', () => {
    const alike = Array.from({ length: 500 }, (_, index) => `x${String(index).padStart(4, '0')}m${'0'.repeat(5)}z`)
    const table = new TokenTable(alike)
    expect(alike.map((word) => find(table, word))).toStrictEqual(alike.map((_, index) => index))
    expect(find(table, 'x0500m00000z')).toBe(-1)
  })

  test('finds nothing in an empty range, at the end of the bytes too', () => {
    const table = new TokenTable(['page'])
    expect(find(table, '')).toBe(-1)
    expect(table.find(encoder.encode('page'), 4, 4)).toBe(-1)
  })

  test('without words finds nothing', () => {
    expect(find(new TokenTable([]), 'page')).toBe(-1)
  })

  test('tells bytes that are no text from its words', () => {
    expect(new TokenTable(['\ufffd']).find(Uint8Array.of(0xff, 0xff, 0xff), 0, 3)).toBe(-1)
  })
})
