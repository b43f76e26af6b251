import { describe, expect, test } from 'vitest'
import type { BodyKind } from '../../producer/collect/media-type.ts'
import { RefusedRequest } from '../../producer/collect/refused-request.ts'
import { splitBody } from '../../producer/collect/split-body.ts'

function split(content: string | Uint8Array, kind: BodyKind = 'json', mostRecords = 1000): string[] {
  const pieces = splitBody({ bytes: Buffer.from(content), kind }, mostRecords)
  return pieces.map(({ bytes, start, end }) => Buffer.from(bytes.subarray(start, end)).toString())
}

function refusalOf(...words: Parameters<typeof split>): RefusedRequest {
  try {
    split(...words)
  } catch (error) {
    if (error instanceof RefusedRequest) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the records of JSON', () => {
  test.each([
    ['are the elements under records', '{"records":[{"a":1},{"b":2}]}', ['{"a":1}', '{"b":2}']],
    ['are none in an empty envelope', '{"records":[]}', []],
    ['are none in an empty array', ' [ ] ', []],
    ['are the elements of a bare array', '[{"a":1}, {"b":2}]', ['{"a":1}', '{"b":2}']],
    ['are one object that is no envelope', '{"user_id":7,"x":[1]}', ['{"user_id":7,"x":[1]}']],
    ['are an empty object', ' {} ', ['{}']],
    ['leave out the blanks around them', '\r\n{ "records" : [ {"a": 1} ,\t2\n] }\n', ['{"a": 1}', '2']],
    ['leave out what else the envelope has', '{"sent":{"records":[0]},"records":[1],"n":[2]}', ['1']],
    ['are found however the key is written', '{"\\u0072ecor\\u0064s":[1]}', ['1']],
    ['are not under another key', '{"Records":[1]}', ['{"Records":[1]}']],
    ['are not under a key deeper down', '{"data":{"records":[1]}}', ['{"data":{"records":[1]}}']],
    ['keep every digit', '[{"id":12345678901234567890,"p":19.90}]', ['{"id":12345678901234567890,"p":19.90}']],
    ['keep commas and brackets in strings', '["],[","}{\\"]",3]', ['"],["', '"}{\\"]"', '3']],
    ['keep a backslash at the end of a string', '["\\\\",{"a":"\\\\\\""}]', ['"\\\\"', '{"a":"\\\\\\""}']],
    ['are values of any kind', '[null,true,"x",[[]],-1e5]', ['null', 'true', '"x"', '[[]]', '-1e5']],
  ])('%s', (_what, content, records) => {
    expect(split(content)).toEqual(records)
  })

  test('are views into the body, not copies', () => {
    const bytes = Buffer.from('{"records":[{"a":1}]}')
    expect(splitBody({ bytes, kind: 'json' }, 10)).toEqual([{ bytes, start: 12, end: 19 }])
  })

  test.each([
    ['a value missing', '[{"a":1},{"a":},{"b":2}]', ['{"a":1}', '{"a":}', '{"b":2}']],
    ['no comma between two', '[{"a":1} {"b":2},3]', ['{"a":1} {"b":2}', '3']],
    ['a word that is none', '[nul,{"b":2}]', ['nul', '{"b":2}']],
    ['a bad escape', '["\\x",{"b":2}]', ['"\\x"', '{"b":2}']],
    ['a comma too many', '[{"a":1,},[,],{"b":2}]', ['{"a":1,}', '[,]', '{"b":2}']],
    ['no quotes', '[{a:\'x\'},{"b":2}]', ["{a:'x'}", '{"b":2}']],
  ])('that are broken inside, with %s, leave their neighbours whole', (_what, content, records) => {
    expect(split(content)).toEqual(records)
    expect(split(`{"records":${content}}`)).toEqual(records)
  })

  test('that are no UTF-8 leave their neighbours whole', () => {
    const pieces = splitBody({ bytes: Buffer.from('["\xff",{"b":2}]', 'latin1'), kind: 'json' }, 10)
    expect(pieces.map(({ start, end }) => [start, end])).toEqual([
      [1, 4],
      [5, 12],
    ])
  })

  test.each([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"a":', '}]'],
  ])('that nest %s a million levels deep leave their neighbours whole', (open, close) => {
    const deep = open.repeat(1_000_000) + close.repeat(1_000_000)
    expect(split(`{"records":[{"a":1},${deep},{"b":2}]}`)).toEqual(['{"a":1}', deep, '{"b":2}'])
  })
})

describe('JSON is refused that is not well formed around its records', () => {
  test.each([
    ['[', 'a record should stand at byte 1 of 1'],
    ['[1', 'a comma or the closing ] should stand at byte 2 of 2'],
    ['[1,', 'a record should stand at byte 3 of 3'],
    ['[1,]', 'a record should stand at byte 3 of 4'],
    ['[1,,2]', 'a record should stand at byte 3 of 6'],
    ['[,1]', 'a record should stand at byte 1 of 4'],
    ['[1}', 'a comma or the closing ] should stand at byte 2 of 3'],
    ['[{"a":1]', '] closes what it did not open at byte 7 of 8'],
    ['[{"a":[1},{"b":2}]]', '} closes what it did not open at byte 8 of 19'],
    ['[{"a":1', 'not every bracket is closed of the value that begins at byte 1 of 7'],
    ['["a,{}]', 'a string is not closed that begins at byte 1 of 7'],
    ['["a\\"]', 'a string is not closed that begins at byte 1 of 6'],
    ['[1] x', 'it has ended, but more follows at byte 4 of 5'],
    ['[1]\n[2]', 'it has ended, but more follows at byte 4 of 7'],
    ['{', 'a key should stand at byte 1 of 1'],
    ['{,}', 'a key should stand at byte 1 of 3'],
    ['{"a"', 'a colon should stand at byte 4 of 4'],
    ['{"a":', 'a value should stand at byte 5 of 5'],
    ['{"a":}', 'a value should stand at byte 5 of 6'],
    ['{"a":1,}', 'a key should stand at byte 7 of 8'],
    ['{"a":1]', 'a comma or the closing } should stand at byte 6 of 7'],
    ['{"records":[{"a":1}]', 'a comma or the closing } should stand at byte 20 of 20'],
    ['{"records":[1]}{"records":[2]}', 'it has ended, but more follows at byte 15 of 30'],
    ['{"records":[1]}\n{"records":[2]}', 'it has ended, but more follows at byte 16 of 31'],
    ['{"n":tru,"records":[1]}', 'no JSON text, or one nested too deeply, stands beside the records at byte 5 of 23'],
    ['{"records":[1],"n":[1,]}', 'no JSON text, or one nested too deeply, stands beside the records at byte 19 of 24'],
    ['{"\\x":1,"records":[1]}', 'no JSON text, or one nested too deeply, stands beside the records at byte 1 of 22'],
    ['{"records:[1]}', 'a string is not closed that begins at byte 1 of 14'],
    ['\n hello', 'an object or an array should begin at byte 2 of 7'],
    ['user_id,page\n1,/home\n', 'an object or an array should begin at byte 0 of 21'],
  ])('%j: %s', (content, said) => {
    const refusal = refusalOf(content)
    expect(refusal).toMatchObject({ status: 400, reason: 'malformed_json' })
    expect(refusal.message).toBe(`The body is not well-formed JSON: ${said}, counted from 0.`)
  })

  test.each([
    ['{"records":{"a":1}}', '"records" is no array: send {"records":[...]}, also for a single one.'],
    ['{"records":null}', '"records" is no array: send {"records":[...]}, also for a single one.'],
    ['{"records":[1],"records":[2]}', '"records" stands in the body twice: send one array.'],
    ['{"records":[1],"recor\\u0064s":[2]}', '"records" stands in the body twice: send one array.'],
    ['42', 'The body is neither an object nor an array: send {"records":[...]}, an array or a record.'],
    [' "[1]" ', 'The body is neither an object nor an array: send {"records":[...]}, an array or a record.'],
  ])('%j: %s', (content, said) => {
    expect(refusalOf(content)).toMatchObject({ status: 400, reason: 'invalid_records', message: said })
  })

  test.each(['[', '{"a":', '[{"a":'])('a million times %j, without recursion', (bracket) => {
    expect(refusalOf(bracket.repeat(1_000_000))).toMatchObject({ status: 400, reason: 'malformed_json' })
  })
})

describe('lines', () => {
  test.each([
    ['each a record', '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['with CRLF', '{"a":1}\r\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
    ['without a break at the end', '{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']],
    ['with blank ones between', '\n\r\n {"a":1} \n\t\n{"b":2}\n\n', ['{"a":1}', '{"b":2}']],
  ])('%s, are NDJSON whatever type they were sent as', (_what, content, records) => {
    expect(split(content, 'ndjson')).toEqual(records)
    expect(split(content, 'json')).toEqual(records)
  })

  test.each([
    ['broken', '{"a":\n{"b":2}\nhello', ['{"a":', '{"b":2}', 'hello']],
    ['an envelope, which it is none as a line', '{"records":[1]}\n[2]', ['{"records":[1]}', '[2]']],
  ])('of NDJSON are records each, also one that is %s', (_what, content, records) => {
    expect(split(content, 'ndjson')).toEqual(records)
  })

  test('sent as JSON are judged one by one after the first', () => {
    expect(split('{"a":1}\n{"b":\n7')).toEqual(['{"a":1}', '{"b":', '7'])
  })

  test.each([
    '{"a":1\n}\n{"b":2}',
    '{"a":1} {"b":2}',
    '{"a":1}{"b":2}\n',
    '7\n{"a":1}',
  ])('sent as JSON are refused when the first is not one object: %j', (content) => {
    expect(refusalOf(content)).toMatchObject({ status: 400, reason: 'malformed_json' })
  })
})

test.each([
  ['json', ' '],
  ['json', '\r\n\t'],
  ['ndjson', '\n\n'],
] as const)('a blank body of %s, %j, is refused as empty', (kind, content) => {
  expect(refusalOf(content, kind)).toMatchObject({ status: 400, reason: 'empty_body' })
})

describe('too many records are refused, exactly as many are not', () => {
  test.each([
    ['an envelope', 'json', (n: number) => `{"records":[${Array(n).fill('1').join(',')}]}`],
    ['an array', 'json', (n: number) => `[${Array(n).fill('{}').join(',')}]`],
    ['NDJSON', 'ndjson', (n: number) => '{}\n'.repeat(n)],
    ['NDJSON sent as JSON', 'json', (n: number) => '{}\n'.repeat(n)],
  ] as const)('in %s', (_what, kind, ofSize) => {
    expect(split(ofSize(3), kind, 3)).toHaveLength(3)
    const refusal = refusalOf(ofSize(4), kind, 3)
    expect(refusal).toMatchObject({ status: 413, reason: 'too_many_records' })
    expect(refusal.message).toBe(
      'The request has more than 3 records: send fewer at a time, or raise --max-request-records.',
    )
  })
})
