import { expect, test } from 'vitest'
import { PRODUCTION } from '../../prometheus/src/windows.ts'
import { complaints } from '../../prometheus/tests/firing.ts'
import { RECORDING_CASES } from '../../prometheus/tests/recording-cases.ts'
import { mustRun } from '../required-program.ts'

test.for(RECORDING_CASES)('$name', async (one, { skip }) => {
  if (!mustRun('promtool')) return skip('promtool is not installed')
  expect(await complaints([one], PRODUCTION)).toBe('')
})
