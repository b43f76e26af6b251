import { expect, test } from 'vitest'
import { logFindings } from '../../commands/verify/verify-stream.ts'

test('a log that holds what was sent gives nothing to say', () => {
  expect(logFindings([3, 0, 2], [3, 0, 2], false)).toEqual({ faults: [], remarks: [] })
})

test('records that are missing are a fault of any log', () => {
  const fault = 'partition 1 holds 1,999 records, 2,000 were sent to it'
  expect(logFindings([3, 2_000], [3, 1_999], true)).toEqual({ faults: [fault], remarks: [] })
  expect(logFindings([3, 2_000], [3, 1_999], false)).toEqual({ faults: [fault], remarks: [] })
})

test('records too many are explained where requests are repeated, and a fault where not', () => {
  const said = 'partition 0 holds 5 records, 3 were sent to it'
  const because = `${said}: a request was repeated whose answer was lost`
  expect(logFindings([3], [5], true)).toEqual({ faults: [], remarks: [because] })
  expect(logFindings([3], [5], false)).toEqual({ faults: [said], remarks: [] })
})

test('records in the wrong partition are a fault though none is missing', () => {
  expect(logFindings([3, 4], [4, 3], false).faults).toHaveLength(2)
})
