import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../consumer/contract/dialects.ts'
import { parseMapping } from '../../consumer/mapping/custom-dialect.ts'
import { describeFault } from '../../consumer/settings/fault.ts'

const FIELDS = 'fields: { userId: u, type: e, time: t }\n'

function dialectOf(yaml: string): Dialect {
  const mapping = parseMapping(yaml, 'map.yaml')
  if ('faults' in mapping) throw new Error(mapping.faults.map(describeFault).join('\n'))
  return mapping.dialect
}

function faultsOf(yaml: string): string[] {
  const mapping = parseMapping(yaml, 'map.yaml')
  return 'faults' in mapping ? mapping.faults.map(describeFault) : []
}

describe('a mapping becomes a dialect', () => {
  test('with everything one can write', () => {
    const yaml = `
fields:
  userId: actor.id
  type: event.name
  time: ts
  page: context.url
time: milliseconds
duration: milliseconds
types: { product_viewed: page_view, order_completed: purchase, 404: custom }
constants: { currency: EUR, type: page_view, page: /app }
numbers_as_strings: true
`
    expect(dialectOf(yaml)).toEqual({
      name: 'custom',
      fields: { userId: 'actor.id', type: 'event.name', time: 'ts', page: 'context.url' },
      timeFormat: 'milliseconds',
      durationUnit: 'milliseconds',
      types: { product_viewed: 'page_view', order_completed: 'purchase', 404: 'custom' },
      constants: { currency: 'EUR', type: 'page_view', page: '/app' },
      numbersAsStrings: true,
    })
  })

  test('with ISO times, durations in seconds and true numbers unless it says otherwise', () => {
    expect(dialectOf(FIELDS)).toMatchObject({
      timeFormat: 'iso',
      durationUnit: 'seconds',
      types: {},
      constants: {},
      numbersAsStrings: false,
    })
  })

  test('without a place for the type when all records are of one type', () => {
    expect(dialectOf('fields: { userId: u, time: t }\nconstants: { type: click }\n').constants).toEqual({
      type: 'click',
    })
  })

  test('with anchors resolved', () => {
    expect(dialectOf('fields: { userId: &id actor.id, sessionId: *id, type: e, time: t }').fields.sessionId).toBe(
      'actor.id',
    )
  })

  test('that nobody can change', () => {
    const dialect = dialectOf(FIELDS)
    expect(() => Object.assign(dialect.fields, { page: 'p' })).toThrow(TypeError)
    expect(() => Object.assign(dialect, { timeFormat: 'seconds' })).toThrow(TypeError)
  })
})

describe('a mapping is refused with the line and the fix', () => {
  test.each([
    [
      'an unknown key',
      `${FIELDS}tiem: iso\n`,
      'tiem: "iso" (map.yaml:2): there is no such key, take it out (did you mean time?)',
    ],
    ['a field outside fields', `${FIELDS}page: p\n`, 'page: "p" (map.yaml:2): belongs under fields:, move it there'],
    [
      'an unknown field close to a known one',
      'fields:\n  userId: u\n  type: e\n  time: t\n  pgae: p\n',
      'fields.pgae: "p" (map.yaml:5): there is no such field, take it out (did you mean page?)',
    ],
    [
      'a field in another spelling',
      'fields:\n  user_id: u\n  userId: u\n  type: e\n  time: t\n',
      'fields.user_id: "u" (map.yaml:2): there is no such field, take it out (did you mean userId?)',
    ],
    [
      'a field nobody knows',
      'fields:\n  userId: u\n  type: e\n  time: t\n  weather: w\n',
      'fields.weather: "w" (map.yaml:5): there is no such field, take it out; fields are eventId, userId, sessionId, type, page, time, duration, productId, price, currency, category, brand, userAgent, utm, device, geo',
    ],
    [
      'no user',
      'types: {}\nfields: { type: e, time: t }\n',
      'fields.userId (map.yaml:2): is missing, write where the user id stands',
    ],
    [
      'no time',
      'fields: { userId: u, type: e }\n',
      'fields.time (map.yaml:1): is missing, write where the event time stands',
    ],
    [
      'no type',
      'fields: { userId: u, time: t }\n',
      'fields.type (map.yaml:1): is missing, write where the event name stands, or constants: { type: page_view } if all are of one type',
    ],
    [
      'a field without a path',
      'fields:\n  userId: u\n  type: e\n  time:\n',
      'fields.time (map.yaml:4): names no path, write where the field stands, such as actor.id, or take it out',
    ],
    [
      'a path as a tree',
      'fields:\n  userId: { id: x }\n  type: e\n  time: t\n',
      'fields.userId (map.yaml:2): write the path on one line, its keys joined by dots, such as context.page.url',
    ],
    [
      'a path as a list',
      'fields:\n  userId: [actor, id]\n  type: e\n  time: t\n',
      'fields.userId (map.yaml:2): names no path, write where the field stands, such as actor.id, or take it out',
    ],
    ...['actor..id', '.id', 'id.', ''].map((path) => [
      `the path "${path}" with an empty part`,
      `fields:\n  userId: "${path}"\n  type: e\n  time: t\n`,
      `fields.userId: "${path}" (map.yaml:2): a part of the path is empty, write keys joined by single dots, such as actor.id`,
    ]),
    ...['items.0.id', 'items[0]', 'items[0].id', 'items[].id'].map((path) => [
      `the path ${path} into an array`,
      `fields:\n  userId: u\n  type: e\n  time: t\n  productId: "${path}"\n`,
      `fields.productId: "${path}" (map.yaml:5): elements of arrays cannot be mapped, name keys of objects only`,
    ]),
    [
      'a JSONPath',
      'fields:\n  userId: $.actor.id\n  type: e\n  time: t\n',
      'fields.userId: "$.actor.id" (map.yaml:2): a path has no $ in front, write actor.id',
    ],
    [
      'a blank in a path',
      'fields:\n  userId: actor . id\n  type: e\n  time: t\n',
      'fields.userId: "actor . id" (map.yaml:2): there is a blank at the edge of a key, take it out',
    ],
    [
      'a time unit by its sign',
      `${FIELDS}time: ms\n`,
      'time: "ms" (map.yaml:2): write one of iso, seconds, milliseconds, microseconds, nanoseconds (did you mean milliseconds?)',
    ],
    [
      'a misspelt time unit',
      `${FIELDS}time: second\n`,
      'time: "second" (map.yaml:2): write one of iso, seconds, milliseconds, microseconds, nanoseconds (did you mean seconds?)',
    ],
    [
      'a time unit from nowhere',
      `${FIELDS}time: fortnights\n`,
      'time: "fortnights" (map.yaml:2): write one of iso, seconds, milliseconds, microseconds, nanoseconds',
    ],
    [
      'no time unit',
      `${FIELDS}time:\n`,
      'time (map.yaml:2): write one of iso, seconds, milliseconds, microseconds, nanoseconds',
    ],
    [
      'a path where the unit belongs',
      `${FIELDS}time: { path: t }\n`,
      'time (map.yaml:2): is the unit, one of iso, seconds, milliseconds, microseconds, nanoseconds; where the field stands belongs to fields.time',
    ],
    [
      'a unit that durations do not have',
      `${FIELDS}duration: ns\n`,
      'duration: "ns" (map.yaml:2): write one of seconds, milliseconds',
    ],
    [
      'an alias of an unknown event type',
      `${FIELDS}types:\n  product_viewed: page_vew\n`,
      'types.product_viewed: "page_vew" (map.yaml:3): write one of page_view, click, scroll, search, add_to_cart, remove_from_cart, checkout, purchase, custom (did you mean page_view?)',
    ],
    [
      'an alias of nothing',
      `${FIELDS}types:\n  product_viewed:\n`,
      'types.product_viewed (map.yaml:3): write one of page_view, click, scroll, search, add_to_cart, remove_from_cart, checkout, purchase, custom',
    ],
    [
      'an empty alias',
      `${FIELDS}types: { "": click }\n`,
      'types.: "click" (map.yaml:2): an event name is empty, write one or take the line out',
    ],
    [
      'types that are no lines',
      `${FIELDS}types: [click]\n`,
      'types (map.yaml:2): write lines under it, such as product_viewed: page_view',
    ],
    [
      'a constant for a field that cannot have one',
      `${FIELDS}constants: { userId: nobody }\n`,
      'constants.userId: "nobody" (map.yaml:2): cannot be a constant, only type, page, currency can; take it out',
    ],
    [
      'a constant for a misspelt field',
      `${FIELDS}constants: { curency: EUR }\n`,
      'constants.curency: "EUR" (map.yaml:2): cannot be a constant, only type, page, currency can; take it out (did you mean currency?)',
    ],
    [
      'a constant type that is none',
      `${FIELDS}constants: { type: veiw }\n`,
      'constants.type: "veiw" (map.yaml:2): write one of page_view, click, scroll, search, add_to_cart, remove_from_cart, checkout, purchase, custom',
    ],
    [
      'a currency in small letters',
      `${FIELDS}constants: { currency: eur }\n`,
      'constants.currency: "eur" (map.yaml:2): not an ISO 4217 code, write EUR',
    ],
    [
      'a currency sign',
      `${FIELDS}constants: { currency: € }\n`,
      'constants.currency: "€" (map.yaml:2): not an ISO 4217 code, write three capital letters such as EUR',
    ],
    [
      'an empty constant',
      `${FIELDS}constants: { page: "" }\n`,
      'constants.page: "" (map.yaml:2): write the page of records that name none, or take it out',
    ],
    [
      'a flag that is neither true nor false',
      `${FIELDS}numbers_as_strings: yes\n`,
      'numbers_as_strings: "yes" (map.yaml:2): write one of true, false',
    ],
    ['a key twice', `${FIELDS}time: iso\ntime: seconds\n`, 'map.yaml:3: this key stands there twice, take one out'],
    [
      'a field twice',
      'fields:\n  userId: u\n  type: e\n  time: t\n  userId: v\n',
      'map.yaml:5: this key stands there twice, take one out',
    ],
    ['an empty file', '', 'map.yaml:1: is empty, write at least fields: with userId, type and time'],
    ['a file of comments', '# later\n', 'map.yaml:1: is empty, write at least fields: with userId, type and time'],
    ['a list', '- userId\n', 'map.yaml:1: write a mapping as key: value, beginning with fields:'],
    ['a text', 'hello\n', 'map.yaml:1: write a mapping as key: value, beginning with fields:'],
  ])('%s', (_name, yaml, fault) => {
    expect(faultsOf(yaml)).toEqual([fault])
  })

  test.each([
    ['an open bracket', `${FIELDS}types: {a: click\n`, /^map\.yaml:\d+: not YAML: /],
    ['a tab', `fields:\n\tuserId: u\n`, /^map\.yaml:2: not YAML: /],
    ['two documents', `${FIELDS}---\n${FIELDS}`, /^map\.yaml:2: not YAML: /],
  ])('%s, which is not YAML', (_name, yaml, fault) => {
    expect(faultsOf(yaml)[0]).toMatch(fault)
  })

  test('with all its faults at once, in the order of the file', () => {
    const yaml = `duration: minutes
fields:
  usrId: u
  time: t..s
types:
  buy: prchase
numbers_as_strings: 1
nonsense: true
`
    expect(faultsOf(yaml).map((fault) => /\((map\.yaml:\d+)\)/.exec(fault)?.[1])).toEqual([
      'map.yaml:1',
      'map.yaml:2',
      'map.yaml:2',
      'map.yaml:3',
      'map.yaml:4',
      'map.yaml:6',
      'map.yaml:7',
      'map.yaml:8',
    ])
  })
})
