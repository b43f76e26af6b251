import { describe, expect, test } from 'vitest'
import { BUILT_IN_DIALECTS, type BuiltInDialect } from '../../consumer/contract/dialects.ts'
import { OUTCOMES } from '../../consumer/contract/outcome.ts'
import { NO_LOG_TIME, Pipeline } from '../../consumer/core/pipeline.ts'
import { asBadJson, truncated, withWrongType } from '../../producer/faults/damage.ts'
import { createRandom } from '../../producer/random.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'

/** With text beyond ASCII in it, so that a cut can fall inside a character. */
const RECORDS: Record<BuiltInDialect, object> = {
  'user-events': {
    event_id: 'e-1',
    user_id: 7,
    session_id: 9,
    page: '/käse',
    action: 'view',
    timestamp: 1714557600.25,
  },
  records: {
    event_id: 'e-1',
    event_type: 'page_view',
    user_id: '7',
    timestamp: '2024-05-01T10:00:00.250Z',
    properties: { page: '/käse' },
  },
  ecommerce: {
    event_id: 'e-1',
    event_type: 'page_view',
    event_ts: '2024-05-01T10:00:00.250Z',
    user_id: '7',
    page: '/käse',
    device: { user_agent: 'Mozilla/5.0' },
  },
  rees46: { event_time: '2019-10-01 00:00:00 UTC', event_type: 'view', brand: 'bär', price: '35.79', user_id: '7' },
}
const DIALECTS = Object.keys(RECORDS) as BuiltInDialect[]

function outcomesOf(dialect: BuiltInDialect | 'auto', values: readonly Uint8Array[]): Set<string> {
  const pipeline = new Pipeline({
    ...coreOptions(aReferenceRun()),
    dialect: dialect === 'auto' ? 'auto' : BUILT_IN_DIALECTS[dialect],
  })
  return new Set(values.map((value) => OUTCOMES[pipeline.process(value, 0, value.length, NO_LOG_TIME, false)]!))
}

function damagedBy(damage: typeof asBadJson, dialect: BuiltInDialect): Uint8Array[] {
  const random = createRandom(1, 2)
  return Array.from({ length: 500 }, () => damage(new TextEncoder().encode(JSON.stringify(RECORDS[dialect])), random))
}

describe.each(DIALECTS)('a record of dialect %s', (dialect) => {
  test('is accepted as long as it is whole', () => {
    const whole = [new TextEncoder().encode(JSON.stringify(RECORDS[dialect]))]
    expect([outcomesOf(dialect, whole), outcomesOf('auto', whole)]).toStrictEqual([
      new Set(['accepted']),
      new Set(['accepted']),
    ])
  })

  test.each<[what: string, damage: typeof asBadJson, reasons: string[]]>([
    ['of bad JSON', asBadJson, ['malformed_json', 'invalid_utf8']],
    ['cut off', truncated, ['malformed_json']],
    ['with a wrong type', withWrongType, ['invalid_user', 'missing_user', 'invalid_type', 'invalid_time']],
  ])('%s is always rejected, for every reason it can be', (_, damage, reasons) => {
    const damaged = damagedBy(damage, dialect)
    expect(outcomesOf(dialect, damaged)).toStrictEqual(new Set(reasons))
    expect(outcomesOf('auto', damaged)).toStrictEqual(new Set(reasons))
  })
})

describe('bad JSON', () => {
  const shapes = [...new Set(damagedBy(asBadJson, 'user-events').map((value) => Buffer.from(value).toString('latin1')))]

  test('comes in five shapes, none of which a parser takes', () => {
    expect(shapes).toHaveLength(5)
    for (const shape of shapes) expect(() => JSON.parse(shape.replace('\xff', '\n'))).toThrow(SyntaxError)
  })

  test('with a byte that is no UTF-8 is an object otherwise', () => {
    const [foreign] = shapes.filter((shape) => shape.includes('\xff'))
    const repaired = Buffer.from(foreign!.replace('\xff', ''), 'latin1').toString()
    expect(JSON.parse(repaired)).toStrictEqual(RECORDS['user-events'])
  })
})

describe('a cut', () => {
  test('leaves at least one byte and takes at least one', () => {
    const lengths = new Set<number>()
    const random = createRandom(1, 2)
    for (let index = 0; index < 2000; index++) lengths.add(truncated(Buffer.from('{"a":1}'), random).length)
    expect([...lengths].sort()).toStrictEqual([1, 2, 3, 4, 5, 6])
  })
})

describe('a wrong type', () => {
  test.each(DIALECTS)('stands in one field of dialect %s and leaves the others as they were', (dialect) => {
    const changed = new Set<string>()
    for (const value of damagedBy(withWrongType, dialect)) {
      const record = JSON.parse(Buffer.from(value).toString())
      const differing = Object.entries(RECORDS[dialect]).filter(
        ([key, was]) => JSON.stringify(record[key]) !== JSON.stringify(was),
      )
      expect(differing).toHaveLength(1)
      changed.add(differing[0]![0])
    }
    const { userId, type, time } = BUILT_IN_DIALECTS[dialect].fields
    expect([...changed].sort()).toStrictEqual([userId, type, time].sort())
  })
})
