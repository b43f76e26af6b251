import { expect, test } from 'vitest'
import { crc32c } from '../../consumer/log/kafka/crc32c.ts'

// RFC 3720, appendix B.4; the first is the check value that catalogues of CRCs give.
test.each([
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
  ['32 zero bytes', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 rising bytes', Buffer.from([...Array(32).keys()]), 0x46dd794e],
  ['32 falling bytes', Buffer.from([...Array(32).keys()].reverse()), 0x113fdb5c],
])('of %s', (_, bytes, expected) => {
  expect(crc32c(bytes, 0, bytes.length)).toBe(expected)
  const within = Buffer.concat([Buffer.from('abc'), bytes, Buffer.from('de')])
  expect(crc32c(within, 3, 3 + bytes.length)).toBe(expected)
})
