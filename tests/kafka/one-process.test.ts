import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { firstLineOf, inAnotherProcess } from './another-process.ts'
import { oneProcessAtATime } from './one-process.ts'

test('work under one lock file is done by one process at a time, and a killed one gives it free', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const lockFile = join(folder, 'lock')
  const holder = inAnotherProcess(`
    import { oneProcessAtATime } from './one-process.ts'
    await oneProcessAtATime(${JSON.stringify(lockFile)}, async () => {
      console.log('"inside"')
      await new Promise((resolve) => setInterval(resolve, 1e9))
    })
  `)
  expect(await firstLineOf(holder)).toBe('inside')
  let killed = false
  const next = oneProcessAtATime(lockFile, async () => killed)

  killed = true
  holder.kill('SIGKILL')

  expect(await next).toBe(true)
})
