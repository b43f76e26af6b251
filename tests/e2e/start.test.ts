import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { openEmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { parseExposition } from '../exposition.ts'
import { sumOf } from '../integration/machine.ts'
import { type RunningStart, spawnStart, until } from '../running-start.ts'
import { runCommand } from './command-run.ts'

let folder: string
let data: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickstream-start-'))
  data = join(folder, 'data')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

async function start(...flags: string[]): Promise<RunningStart> {
  const running = await spawnStart(['--data', data, ...flags])
  onTestFinished(async () => {
    await running.end('SIGKILL')
  })
  return running
}

const BRISK = ['--session-gap', '1s', '--allowed-lateness', '200ms', '--rate', '500', '--summary-interval', '300ms']

const pageOf = async ({ url }: RunningStart): Promise<Map<string, number>> =>
  parseExposition(await (await fetch(`${url}/metrics`)).text())

const consumedAtLeast = (running: RunningStart, records: number): Promise<Map<string, number>> =>
  until(async () => {
    const page = await pageOf(running)
    return sumOf(page, 'records_consumed_total') >= records ? page : undefined
  }, `${records} records to be counted`)

const openLog = () =>
  openEmbeddedLog({
    folder: data,
    topic: 'user-events',
    group: 'clickstream-exporter',
    partitions: 1,
    retentionBytes: 2 ** 40,
    now: Date.now,
  })

/** Event ids in log order, and where the committed position and its snapshot stand. */
async function readLog(): Promise<{ ids: string[]; offset: number; snapshotAt: number }> {
  const log = openLog()
  const { endOffset } = await log.bounds(0)
  const { signal } = new AbortController()
  const ids: string[] = []
  for (let next = 0; next < endOffset; ) {
    const batch = await log.read(0, next, signal)
    for (const { bytes, start, end } of batch.records) {
      ids.push(JSON.parse(Buffer.from(bytes.subarray(start, end)).toString()).event_id)
    }
    next = batch.nextOffset
  }
  const { offset, metadata } = (await log.positions({ partitions: [0], lost: signal })).get(0)!
  await log.leave()
  return { ids, offset, snapshotAt: JSON.parse(metadata).at }
}

describe('what it shows', () => {
  test('where to look, and then live metrics every moment', async () => {
    const running = await start(...BRISK)
    for (const place of [`${running.url}/metrics`, `${running.url}/`, data]) expect(running.output()).toContain(place)
    const block = await until(async () => {
      const blocks = running.output().split('LIVE METRICS').slice(1, -1)
      return blocks.findLast((text) => /Avg session duration +\d/.test(text))
    }, 'live metrics of closed sessions')
    expect(block).toMatch(/^ {2}\d\d:\d\d:\d\d\n/)
    expect(block).toMatch(/Page views by page +\/\S* [\d,]+ {2}\/\S* [\d,]+/)
    expect(block).toMatch(/Clicks per session +\d+\.\d/)
    expect(block).toMatch(/Avg session duration +\d+\.\d s/)
    expect(block).toMatch(/Bounce rate +\d+\.\d % single_page {2}\d+\.\d % no_interaction {2}\d+\.\d % ga4/)
    expect(block).toMatch(/Sessions +[\d,]+ open, [\d,]+ closed/)
    const page = await consumedAtLeast(running, 1)
    expect(page.get('bounce_rate_percent')).toBeGreaterThan(0)
    expect(await running.end('SIGTERM')).toBe(0)
  })

  test('nothing but what is there already with --rate 0', async () => {
    const running = await start('--rate', '0')
    expect(running.output()).toContain('0 synthetic events a second')
    await until(async () => ((await fetch(`${running.url}/-/ready`)).ok ? true : undefined), 'readiness')
    expect(sumOf(await pageOf(running), 'records_consumed_total')).toBe(0)
    expect(await running.end('SIGTERM')).toBe(0)
    const log = openLog()
    expect(await log.bounds(0)).toMatchObject({ startOffset: 0, endOffset: 0 })
    await log.leave()
  })

  test('--help prints every flag and does nothing', async () => {
    const { exitCode, stdout, stderr } = await runCommand('start', ['--help'])
    expect([exitCode, stderr]).toStrictEqual([0, ''])
    for (const flag of ['--data', '--port', '--session-gap', '--idle-advance', '--rate', '--log-rotate-size']) {
      expect(stdout).toContain(flag)
    }
  })
})

/** What the oracle expects, by metric; undefined while it has not read the whole log. */
function expectedIn(page: ReadonlyMap<string, number>): Map<string, number> | undefined {
  if (page.get('clickstream_producer_expected_lag_records') !== 0) return undefined
  const totals = new Map<string, number>()
  for (const [series, value] of page) {
    const [, metric] = /^clickstream_producer_expected_total\{metric="(.*)"\}$/.exec(series) ?? []
    if (metric !== undefined) totals.set(metric, value)
  }
  return totals
}

/** Seconds are sums of fractions, added up in another order. */
const closeTo = (value: number) => (Number.isInteger(value) ? value : expect.closeTo(value, 6))

describe('the expected totals', () => {
  test('are what is shown once nothing comes any more, over two starts and with disorder', async () => {
    // Half a second behind is late, and whoever is quiet for a second has gone: sessions close all the while.
    const flags = ['--session-gap', '1s', '--allowed-lateness', '500ms', '--rate', '500', '--disorder', 'all']
    for (const records of [500, 1_200]) {
      const busy = await start(...flags)
      await consumedAtLeast(busy, records)
      expect(sumOf(await pageOf(busy), 'producer_sent_records_total')).toBeGreaterThan(0)
      expect(await busy.end('SIGTERM')).toBe(0)
    }
    // Idle advance would close sessions by a clock that the oracle has not: it knows the log alone.
    const quiet = await start(...flags, '--rate', '0', '--idle-advance', 'off')
    const { page, expected } = await until(async () => {
      const page = await pageOf(quiet)
      const expected = expectedIn(page)
      const shown = sumOf(page, 'records_consumed_total')
      return shown >= 1_200 && expected?.get('records_consumed_total') === shown ? { page, expected } : undefined
    }, 'the whole log to be expected and shown')
    for (const [metric, value] of expected) expect([metric, sumOf(page, metric)]).toEqual([metric, closeTo(value)])
    for (const metric of [
      'page_views_total',
      'sessions_closed_total',
      'events_dropped_total',
      'records_rejected_total',
    ])
      expect([metric, expected.get(metric)! > 0]).toEqual([metric, true])
    expect(await quiet.end('SIGTERM')).toBe(0)
  })

  test('can be left out', async () => {
    const running = await start(...BRISK, '--expected', 'off')
    const page = await consumedAtLeast(running, 1)
    expect(sumOf(page, 'producer_sent_records_total')).toBeGreaterThan(0)
    expect([...page.keys()].filter((series) => series.includes('producer_expected'))).toEqual([])
    expect(await running.end('SIGTERM')).toBe(0)
  })
})

describe('starting again', () => {
  test('goes on where it stopped, and no event id ever comes twice', async () => {
    let before = 0
    for (let round = 0; round < 3; round++) {
      const running = await start(...BRISK)
      const first = await until(async () => {
        const page = await pageOf(running)
        return page.has('clickstream_capture_age_seconds') && sumOf(page, 'partitions_assigned') === 1
          ? page
          : undefined
      }, 'a first capture')
      const ready = await until(async () => {
        const page = await pageOf(running)
        return sumOf(page, 'position_offset') > 0 ? page : undefined
      }, 'the partition to be restored')
      expect(sumOf(ready, 'records_consumed_total')).toBeGreaterThanOrEqual(before)
      expect(sumOf(first, 'lineage_resets_total')).toBe(0)
      await consumedAtLeast(running, before + 300)
      expect(await running.end(round === 1 ? 'SIGKILL' : 'SIGTERM')).toBe(round === 1 ? 'SIGKILL' : 0)
      const { ids, offset } = await readLog()
      before = offset
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.length).toBeGreaterThan(300 * (round + 1))
    }
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('after %s finds its snapshot at the very position', async (signal) => {
    const running = await start(...BRISK, '--snapshot-interval', '1d')
    await consumedAtLeast(running, 200)
    expect(await running.end(signal)).toBe(0)
    expect(running.output()).toContain('stopping: saving the state ...\nstopped; the next start goes on from here\n')
    const { ids, offset, snapshotAt } = await readLog()
    expect([offset, snapshotAt]).toStrictEqual([ids.length, ids.length])
  })
})

describe('what it refuses', () => {
  test('a folder that another start has open', async () => {
    await start('--rate', '0')
    const { exitCode, stdout, stderr } = await runCommand('start', [
      '--data',
      data,
      '--port',
      '0',
      '--log-file',
      'none',
    ])
    expect([exitCode, stdout]).toStrictEqual([1, ''])
    expect(stderr).toBe(
      `${join(data, 'log.sqlite')}: another process has it open; stop that one, or choose another folder with --data\n`,
    )
  })

  test('a port that is taken, and leaves the folder to others', async () => {
    const running = await start('--rate', '0')
    const { port } = new URL(running.url)
    const elsewhere = join(folder, 'elsewhere')
    const flags = ['--data', elsewhere, '--port', port, '--log-file', 'none']
    const { exitCode, stderr } = await runCommand('start', flags)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(new RegExp(`another process listens on 127\\.0\\.0\\.1:${port}; .*--port`))
    expect(stderr.trim().split('\n')).toHaveLength(1)
    const other = await spawnStart(['--data', elsewhere, '--rate', '0'])
    expect(await other.end('SIGTERM')).toBe(0)
  })

  test('a flag with a typo, and suggests the right one', async () => {
    const { exitCode, stdout, stderr } = await runCommand('start', ['--data', data, '--sesion-gap', '10s'])
    expect([exitCode, stdout]).toStrictEqual([2, ''])
    expect(stderr).toContain('did you mean --session-gap')
    expect(existsSync(data)).toBe(false)
  })

  test('a folder that is a file', async () => {
    writeFileSync(data, '')
    const { exitCode, stderr } = await runCommand('start', ['--data', data, '--port', '0', '--log-file', 'none'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain(data)
    expect(stderr).toContain('name a folder with --data')
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe('its log file', () => {
  const linesOf = (file: string): { level: number; time: number; msg: string }[] =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  test('has one JSON object a line, from the start to the very last word', async () => {
    const file = join(folder, 'logs', 'analytics.log')
    const running = await start('--rate', '0', '--log-file', file)
    await until(
      async () => (linesOf(file).some(({ msg }) => msg === 'partition restored') ? true : undefined),
      'a line',
    )
    expect(await running.end('SIGTERM')).toBe(0)
    const lines = linesOf(file)
    expect(lines.map(({ msg }) => msg)).toStrictEqual([
      'serving metrics',
      'partitions assigned',
      'partition restored',
      'stopped',
    ])
    for (const { level, time } of lines) expect([level, Math.abs(Date.now() - time) < 60_000]).toStrictEqual([30, true])
  })

  test('rotates by size, keeps as many as it was told, and loses no line', async () => {
    const file = join(folder, 'analytics.log')
    const running = await start(
      '--rate',
      '0',
      '--log-file',
      file,
      '--log-level',
      'debug',
      '--log-rotate-size',
      '4KiB',
      '--log-keep',
      '3',
    )
    await running.end('SIGTERM')
    const log = openLog()
    await log.append(Array.from({ length: 3_000 }, () => ({ key: 'ann', value: Buffer.from('?') })))
    await log.leave()
    const again = await start(
      '--rate',
      '0',
      '--log-file',
      file,
      '--log-level',
      'debug',
      '--log-rotate-size',
      '4KiB',
      '--log-keep',
      '3',
    )
    await consumedAtLeast(again, 3_000)
    expect(await again.end('SIGTERM')).toBe(0)
    const files = readdirSync(folder).filter((name) => name.startsWith('analytics.log'))
    expect(files.sort()).toStrictEqual(['analytics.log', 'analytics.log.1', 'analytics.log.2', 'analytics.log.3'])
    const offsets = ['.3', '.2', '.1', ''].flatMap((suffix) =>
      linesOf(file + suffix)
        .filter(({ msg }) => msg === 'record rejected')
        .map((line) => (line as unknown as { offset: number }).offset),
    )
    expect(offsets).toStrictEqual(offsets.map((_, index) => offsets[0]! + index))
    expect(offsets.at(-1)).toBe(2_999)
    expect(linesOf(file).at(-1)!.msg).toBe('stopped')
    for (const name of files) expect(statSync(join(folder, name)).size).toBeLessThan(8_192)
  })

  test('that cannot be written is said once, and the service goes on', async () => {
    const file = join(folder, 'in-the-way')
    mkdirSync(file)
    const running = await start(...BRISK, '--log-file', file)
    await consumedAtLeast(running, 100)
    await until(async () => (running.output().includes('cannot be written') ? true : undefined), 'the complaint')
    expect(await running.end('SIGTERM')).toBe(0)
    expect(running.output().match(/cannot be written/g)).toHaveLength(1)
    expect(running.output()).toContain(`the log file ${file} cannot be written`)
  })

  test('in a folder that cannot be made is said once, and the service goes on', async () => {
    writeFileSync(join(folder, 'a-file'), '')
    const running = await start('--rate', '0', '--log-file', join(folder, 'a-file', 'analytics.log'))
    expect(running.output().match(/cannot be written/g)).toHaveLength(1)
    expect(await running.end('SIGTERM')).toBe(0)
  })
})

test('a Ctrl-C that arrives twice, from the terminal and through npm, still saves the state', async () => {
  const running = await start(...BRISK, '--snapshot-interval', '1d')
  await consumedAtLeast(running, 200)
  running.process.kill('SIGINT')
  expect(await running.end('SIGINT')).toBe(0)
  const { ids, offset, snapshotAt } = await readLog()
  expect([offset, snapshotAt]).toStrictEqual([ids.length, ids.length])
})

test('an output that nobody reads any more does not end it', async () => {
  const running = await start(...BRISK)
  await consumedAtLeast(running, 1)
  running.process.stdout!.destroy()
  const { size } = await consumedAtLeast(running, 600)
  expect(size).toBeGreaterThan(0)
  expect(await running.end('SIGTERM')).toBe(0)
})
