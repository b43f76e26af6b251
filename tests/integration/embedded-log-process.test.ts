import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Assignment, Position } from '../../consumer/contract/log-port.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { LogInUse } from '../../consumer/log/embedded/fault.ts'

let folder: string
const children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-log-process-'))
})

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
})

const openHere = (): EmbeddedLog =>
  openEmbeddedLog({
    folder,
    topic: 'clicks',
    group: 'exporter',
    partitions: 1,
    retentionBytes: Number.MAX_SAFE_INTEGER,
    now: () => 0,
  })

/** Starts another process that opens the same log as `log` and runs the script; `say(value)` sends a line of JSON. */
function inAnotherProcess(script: string, shellBefore = ''): ChildProcess {
  const source = `
    import { writeSync } from 'node:fs'
    import { openEmbeddedLog } from ${JSON.stringify(new URL('../../consumer/log/embedded/embedded-log.ts', import.meta.url))}
    const say = (value) => writeSync(1, JSON.stringify(value) + '\\n')
    const open = () => openEmbeddedLog({
      folder: ${JSON.stringify(folder)}, topic: 'clicks', group: 'exporter', partitions: 1,
      retentionBytes: Number.MAX_SAFE_INTEGER, now: () => 0,
    })
    const record = (value) => ({ key: 'ann', value: Buffer.from(value) })
    ${script}`
  const command = `${shellBefore} exec "$0" --input-type=module --eval "$1"`
  const child = spawn('sh', ['-c', command, process.execPath, source], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

const linesOf = (child: ChildProcess): AsyncIterable<string> => createInterface({ input: child.stdout! })

async function firstLineOf(child: ChildProcess): Promise<unknown> {
  for await (const line of linesOf(child)) return JSON.parse(line)
  throw new Error('the other process ended without a line')
}

async function killNine(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

const stayOpen = 'setInterval(() => {}, 1_000)'

async function allValues(log: EmbeddedLog): Promise<string[]> {
  const values: string[] = []
  const { endOffset } = await log.bounds(0)
  for (let offset = 0; offset < endOffset; ) {
    const batch = await log.read(0, offset, new AbortController().signal)
    for (const { bytes, start, end } of batch.records) values.push(Buffer.from(bytes.subarray(start, end)).toString())
    offset = batch.nextOffset
  }
  return values
}

async function committed(log: EmbeddedLog): Promise<Position | undefined> {
  let assignment: Assignment | undefined
  await log.join((given) => {
    assignment = given
  })
  return (await log.positions(assignment!)).get(0)
}

const numbersUpTo = (count: number): string[] => Array.from({ length: count }, (_, number) => `${number}`)

describe('one process only', () => {
  test('a log that another process has open cannot be opened, and can once that one is killed', async () => {
    const holder = inAnotherProcess(`
      const log = open()
      await log.append([record('held')])
      say('open')
      ${stayOpen}`)
    expect(await firstLineOf(holder)).toBe('open')

    expect(openHere).toThrow(LogInUse)
    expect(openHere).toThrow(
      `${join(folder, 'log.sqlite')}: another process has it open; stop that one, or choose another folder with --data`,
    )

    await killNine(holder)
    const log = openHere()
    expect(await allValues(log)).toEqual(['held'])
    await log.leave()
  })
})

describe('kill -9', () => {
  test('loses nothing that was confirmed, and records, producer state and position stay in step', async () => {
    for (let round = 0; round < 3; round += 1) {
      const writer = inAnotherProcess(`
        const log = open()
        let assignment
        await log.join((given) => { assignment = given })
        for (let next = Number(log.producerState() ?? 0); ; ) {
          const values = [next, next + 1, next + 2].map(String)
          next += 3
          await log.append(values.map(record), String(next))
          await log.commit(assignment, new Map([[0, { offset: next, metadata: 'at ' + next }]]))
          say(next)
        }`)
      const exit = once(writer, 'exit')
      let confirmed = 0
      let lines = 0
      for await (const line of linesOf(writer)) {
        confirmed = Number(line)
        lines += 1
        if (lines === 100) writer.kill('SIGKILL')
      }
      await exit

      const log = openHere()
      const { endOffset } = await log.bounds(0)
      const position = (await committed(log))!
      expect(position.offset).toBeGreaterThanOrEqual(confirmed)
      expect(position.metadata).toBe(`at ${position.offset}`)
      expect([position.offset, position.offset + 3]).toContain(endOffset)
      expect(log.producerState()).toBe(`${endOffset}`)
      expect(await allValues(log)).toEqual(numbersUpTo(endOffset))
      await log.leave()
    }
  })
})

describe('a disk that takes no more', () => {
  test('makes appends and commits reject, lets reads go on, and loses nothing that was confirmed', async () => {
    const limited = inAnotherProcess(
      `
      const log = open()
      let assignment
      await log.join((given) => { assignment = given })
      const big = '.'.repeat(100_000)
      let appended = 0
      let appendError
      while (appendError === undefined) {
        await log.append([record(appended + big)], String(appended + 1)).then(
          () => { appended += 1 },
          (error) => { appendError = error.message },
        )
      }
      const bounds = await log.bounds(0)
      const read = await log.read(0, 0, new AbortController().signal)
      let commits = 0
      let commitError
      while (commitError === undefined) {
        const position = { offset: commits + 1, metadata: 'x'.repeat(4_000) }
        await log.commit(assignment, new Map([[0, position]])).then(
          () => { commits += 1 },
          (error) => { commitError = { name: error.name, outcome: error.outcome, message: error.message } },
        )
      }
      const position = (await log.positions(assignment)).get(0)?.offset ?? 0
      say({ appended, appendError, bounds, read: read.records.length, commits, commitError, position })
      ${stayOpen}`,
      'ulimit -f 4000;',
    )
    const said = (await firstLineOf(limited)) as {
      appended: number
      appendError: string
      bounds: unknown
      read: number
      commits: number
      commitError: { message: string }
      position: number
    }

    await killNine(limited)

    expect(said.appended).toBeGreaterThan(5)
    expect(said.appendError).toMatch(/log\.sqlite: append failed: .*; (check the disk|free some space)/)
    expect(said.bounds).toMatchObject({ startOffset: 0, endOffset: said.appended })
    expect(said.read).toBeGreaterThan(5)
    expect(said.commitError).toMatchObject({ name: 'CommitFailed', outcome: 'unknown' })
    expect(said.commitError.message).toMatch(/commit unknown: .*log\.sqlite: commit failed: .*; (check the disk|free)/)
    expect(said.position).toBe(said.commits)

    const log = openHere()
    const { endOffset } = await log.bounds(0)
    expect([said.appended, said.appended + 1]).toContain(endOffset)
    expect(log.producerState()).toBe(`${endOffset}`)
    expect((await allValues(log)).map((value) => value.replace(/\.+$/, ''))).toEqual(numbersUpTo(endOffset))
    expect([said.commits, said.commits + 1]).toContain((await committed(log))?.offset ?? 0)
    await log.append([{ key: 'ann', value: Buffer.from('space again') }])
    expect((await log.bounds(0)).endOffset).toBe(endOffset + 1)
    await log.leave()
  })
})
