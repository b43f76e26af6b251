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
])('the settings of a collector %j with %j', (flags, env, faults) => {
  const parsed = collector.parse(flags, env)
  expect(parsed.outcome === 'refused' ? parsed.faults.map(describeFault) : []).toEqual(faults)
})
