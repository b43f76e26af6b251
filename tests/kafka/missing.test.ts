import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { firstLineOf, inAnotherProcess } from './another-process.ts'
import { firstBroker } from './ladder.ts'
import { NoBroker } from './no-broker.ts'

describe('without what Kafka needs', () => {
  const saying = (call: string) => `
    import { startBroker } from './native-broker.ts'
    import { firstBroker } from './ladder.ts'
    await ${call}.catch(({ name, message }) => console.log(JSON.stringify({ name, message })))
  `
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'clickstream-no-kafka-'))
    onTestFinished(() => rmSync(path, { recursive: true }))
    return path
  }

  test('a broker of its own is not started, and what is missing is named', async () => {
    const env = { PATH: folder() }
    expect(await firstLineOf(inAnotherProcess(saying('startBroker()'), env))).toEqual({
      name: 'NoBroker',
      message: 'java is not installed',
    })
  })

  test.each([{ CI: 'true' }, { REQUIRE_ALL: '1' }])('nothing is skipped with %o', async (strict) => {
    const env = { PATH: folder(), ...strict }
    expect(await firstLineOf(inAnotherProcess(saying('startBroker()'), env))).toEqual({
      name: 'Error',
      message: 'java is not installed, and nothing may be skipped here; install it',
    })
  })

  test('every rung of the ladder says why it leads nowhere, and a broken one is no missing one', async () => {
    const missing = (message: string) => async () => {
      throw new NoBroker(message)
    }
    await expect(firstBroker([missing('no engine answers'), missing('java is not installed')])).rejects.toThrow(
      new NoBroker('no Kafka to test with: no engine answers; java is not installed'),
    )
    const broken = async () => {
      throw new Error('Kafka ended')
    }
    await expect(firstBroker([broken, missing('java is not installed')])).rejects.toThrow(new Error('Kafka ended'))
  })
})
