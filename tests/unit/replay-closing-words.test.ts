import { expect, test } from 'vitest'
import { closingWords, type Outcome } from '../../producer/replay/closing-words.ts'

const done: Outcome = {
  ending: 'all',
  sent: 17_434,
  elapsedMs: 1_204,
  omitted: new Map(),
  rejected: undefined,
  unconfirmed: 0,
  crowdedOut: 0,
  canResume: true,
}
const GO_ON = 'the same command with --resume goes on from there'

test.each<[string, Partial<Outcome>]>([
  ['done: 17,434 records in 1.2 s, 14,480 a second; 0 dropped', {}],
  ['done: 17,434 records in 1.2 s, 14,480 a second; 0 dropped, 3 rejected by the endpoint', { rejected: 3 }],
  [
    'done: 17,434 records in 1.2 s, 14,480 a second; 1,005 dropped (1,000 broken lines, 5 without a page)',
    {
      omitted: new Map([
        ['broken lines', 1_000],
        ['without a page', 5],
      ]),
    },
  ],
  [
    'done: 17,434 records in 1.2 s, 14,480 a second; 0 dropped; 1,200 of the oldest records were deleted to keep the log within --retention',
    { crowdedOut: 1_200 },
  ],
  ['done: 1 record in 0.0 s, 1,000 a second; 0 dropped', { sent: 1, elapsedMs: 0 }],
  [`done: 17,434 records in 1.2 s, 14,480 a second; 0 dropped; ${GO_ON}`, { ending: 'limit' }],
  [`stopped after 17,434 records in 1.2 s, 14,480 a second; 0 dropped; ${GO_ON}`, { ending: 'stopped' }],
  [`stopped after 17,434 records in 1.2 s, 14,480 a second; 0 dropped; ${GO_ON}`, { ending: undefined }],
  [
    'stopped after 17,434 records in 1.2 s, 14,480 a second; 0 dropped; 500 more were sent without an answer and may be there',
    { ending: 'stopped', unconfirmed: 500, canResume: false },
  ],
])('%s', (words, otherwise) => {
  expect(closingWords({ ...done, ...otherwise })).toBe(words)
})
