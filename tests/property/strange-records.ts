import fc from 'fast-check'

const SEGMENTS = [
  'home',
  'product',
  '7',
  '1004856',
  '9d0f2f3e-1111-4c4c-8a8a-0123456789ab',
  '9D0F2F3E-aaaa-bbbb-cccc-ABCDEFABCDEF',
  '9d0f2f3e1-111-4c4c-8a8a-0123456789ab',
  '3f78685',
  '3f786850',
  'deadbeef',
  'g3f786850',
  'internationalization',
  'abcdefghijklmn1',
  'abcdefghijklmno1',
  'abcdefghijklmno-1',
  ':id',
  '',
  'a b',
  'ü',
  '__other__',
  '__none__',
  'quo"te\\',
  'x'.repeat(200),
]

/** Pages as sites send them: paths and URLs, with queries, with ids, with nothing, with the guard's own words. */
export const sentPages = (): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('', '', '/', '/', 'https://shop.example/', 'https://shop.example', 'http:', 'HTTP://', '1x://a/'),
      fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 3 }),
      fc.constantFrom('', '', '/', '//', '?a=/b', '#c', '/?d#e'),
    )
    .map(([origin, segments, end]) => origin + segments.join('/') + end)

/** JSON values as they stand in a record: mostly wrong for whatever field they stand in. */
const VALUES = [
  ...['null', 'true', 'false', '[]', '{}', '[1]', '{"page":"/x","user_agent":"Googlebot/2.1"}'],
  ...['""', '" "', '"x"', '"7"', '"7.0"', '"-7"', '"1e3"', '"0x1"', '" 7"', '"NaN"', '"19.99"', '"EUR"', '"eur"'],
  ...['"EURO"', '"É12"', '"view"', '"cart"', '"pageview"', '"page_view"', '"purchase"', '"Purchase"', '"toString"'],
  ...['"\\u0045UR"', '"\\ud800"', '"\\ufffd"', '"\\ud83d\\uded2"', '"/p\\u002f1"', '"\\n"'],
  ...['0', '-0', '7', '7.0', '-7', '0.5', '1e3', '1E-3', '1e400', '-1e400', '12345678901234567890', '86400'],
  ...['86400.0004', '86400.0005', '-0.0004', '-0.0005', '0.0000005', '0.0000004', '-0.0000005', '-0.0000004'],
  ...['8999999999.9999994', '8999999999.9999995', '9000000000', '-9000000000', '1.5e9', '9e9', '1714557600'],
  ...['1714557600.0004', '1714557600.0005', '4102444799.999', '4102444800', '0.0001', '0.0005'],
  ...['"2024-05-01"', '"2024-05-01T10:00"', '"2024-05-01 10:00:00 UTC"', '"2024-05-01t10:00:00.1234567z"'],
  ...['"2024-05-01T10:00:00+02"', '"2024-05-01T10:00:00-0230"', '"2024-05-01T10:00:00+02:30"'],
  ...['"2024-05-01T10:00:00+2:30"', '"2024-05-01T10:00:00+24:00"', '"2024-05-01T10:00:00+00:60"'],
  ...['"2024-02-29"', '"2023-02-29"', '"2100-02-29"', '"2024-04-31"', '"2024-13-01"', '"2024-00-10"', '"2024-01-00"'],
  ...['"2024-05-01T24:00:00"', '"2024-05-01T23:59:60"', '"2024-05-01T10:60"', '"2024-05-01T10"', '"2024-05-01Z"'],
  ...['"2024-05-01T10:00:00."', '"2024-05-01T10:00:00.5"', '"2024-05-01T10:00Z"', '"20240501"', '"24-05-01"'],
  ...['"1970-01-01T00:00:00.001"', '"1970-01-01"', '"2099-12-31T23:59:59.999"', '"2100-01-01"', '"0099-06-01"'],
]

/** Around as deep as values may be nested. */
const DEEP = [62, 63, 64].flatMap((depth) => ['['.repeat(depth) + ']'.repeat(depth), '{"a":'.repeat(depth)])

const KEYS = [
  ...['event_id', 'user_id', 'session_id', 'user_session', 'action', 'event_type', 'timestamp', 'event_ts'],
  ...[
    'event_time',
    'page',
    'duration',
    'price',
    'currency',
    'user_agent',
    'properties',
    'device',
    '__proto__',
    'other',
  ],
]

const NESTED_KEYS = ['page', 'duration', 'price', 'currency', 'user_agent', '__proto__']

/** Records in which one thing or another is not as it should be, of every dialect. */
const records = (): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...SOUND), fc.array(fc.tuple(fc.nat(), members()), { maxLength: 3 }))
    .map(([sound, changes]) => {
      const all = [...sound]
      for (const [at, member] of changes) all.splice(at % (all.length + 1), at % 2, member)
      return `{${all.join(',')}}`
    })

const members = (): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...KEYS), fc.oneof(fc.constantFrom(...VALUES, ...DEEP), nested()))
    .map(([key, value]) => `"${key}": ${value}`)

const nested = (): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...NESTED_KEYS), fc.constantFrom(...VALUES)).map(([key, value]) => `{"${key}":${value}}`)

const SOUND: readonly (readonly string[])[] = [
  ['"event_id":"a"', '"user_id":7', '"session_id":3', '"action":"view"', '"page":"/home"', '"timestamp":1714557600.5'],
  ['"user_id":"ann"', '"action":"purchase"', '"timestamp":1714557600', '"price":19.99', '"currency":"EUR"'],
  ['"user_id":"ann"', '"event_type":"purchase"', '"timestamp":"2024-05-01T10:00:00Z"', '"properties":{"price":5}'],
  ['"event_id":9', '"user_id":9', '"event_type":"click"', '"event_ts":"2024-05-01T10:00:00Z"', '"page":"/7"'],
  ['"user_id":"9"', '"event_type":"cart"', '"event_time":"2024-05-01 10:00:00 UTC"', '"price":"5.50"'],
]

/** Each of these values in each field of a sound record of each dialect. */
export const everyValueInEveryField = (): Uint8Array[] =>
  SOUND.flatMap((sound) =>
    [...KEYS.map((key) => `"${key}":`), ...NESTED_KEYS.map((key) => `"properties":{"${key}":`)].flatMap((key) =>
      [...VALUES, ...DEEP].map((value) => {
        const member = key + value + (key.includes('{') ? '}' : '')
        return Buffer.from(`{${[...sound, member].join()}}`)
      }),
    ),
  )

type Damage = (bytes: Uint8Array, at: number, byte: number) => Uint8Array
const DAMAGES: readonly Damage[] = [
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at) => bytes.subarray(at),
  (bytes, at, byte) => bytes.with(at, byte),
  (bytes, at, byte) => Buffer.concat([bytes.subarray(0, at), Uint8Array.of(byte), bytes.subarray(at)]),
  (bytes) => Buffer.concat([Uint8Array.of(0xef, 0xbb, 0xbf), bytes]),
  (bytes) => Buffer.concat([Uint8Array.of(0, 0, 0, 0, 1), bytes]),
  (bytes) => Buffer.concat([bytes, Buffer.from(' \n')]),
]

/** Bytes that say something else than they should, or nothing. */
export const damagedRecords = (): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 6, arbitrary: records().map((text) => Buffer.from(text)) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(records(), fc.constantFrom(...DAMAGES), fc.nat(), fc.nat({ max: 255 }))
        .map(([text, damage, at, byte]) => {
          const bytes = Uint8Array.from(Buffer.from(text))
          return damage(bytes, at % bytes.length, byte)
        }),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }) },
    { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  )
