import { expect, test } from 'vitest'
import { collector } from '../../commands/commands.ts'
import { describeFault } from '../../consumer/settings/fault.ts'

test.each<[readonly string[], Record<string, string>, string[]]>([
  [[], {}, []],
  [['--cors-origins', 'https://shop.example/,http://localhost:8080'], {}, []],
  [
    ['--cors-origins', 'https://shop.example/path'],
    {},
    [
      'cors-origins: "https://shop.example/path" (flag --cors-origins): an origin has no path, write https://shop.example',
    ],
  ],
  [
    ['--cors-origins', 'shop.example'],
    {},
    ['cors-origins: "shop.example" (flag --cors-origins): write an origin such as https://shop.example'],
  ],
  [['--max-body-size', '384KiB', '--max-pending-bytes', '1MiB'], {}, []],
  [
    ['--max-body-size', '385KiB', '--max-pending-bytes', '1MiB'],
    {},
    [
      'max-pending-bytes (flag --max-pending-bytes): the longest request takes max-body-size and 128KiB, and a client half of max-pending-bytes at most: make that 1026KiB or more, or lower max-body-size',
    ],
  ],
  [
    ['--max-body-size', '64MiB'],
    {},
    [
      'max-body-size (flag --max-body-size): the longest request takes max-body-size and 128KiB, and a client half of max-pending-bytes at most: make that 131328KiB or more, or lower max-body-size',
    ],
  ],
  [
    [],
    { COLLECTOR_MAX_PENDING_BYTES: '2MiB' },
    [
      'max-pending-bytes (env COLLECTOR_MAX_PENDING_BYTES): the longest request takes max-body-size and 128KiB, and a client half of max-pending-bytes at most: make that 10496KiB or more, or lower max-body-size',
    ],
  ],
  [
    ['--max-body-size', '64MiB', '--max-pending-bytes', 'much'],
    {},
    [
      'max-pending-bytes: "much" (flag --max-pending-bytes): not a size with a unit, write for example 512KiB, 64MB or 1GiB',
    ],
  ],
])('the settings of a collector %j with %j', (flags, env, faults) => {
  const parsed = collector.parse(flags, env)
  expect(parsed.outcome === 'refused' ? parsed.faults.map(describeFault) : []).toEqual(faults)
})
