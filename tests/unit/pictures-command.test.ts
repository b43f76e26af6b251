import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { HELP, readArguments } from '../../scripts/pictures/arguments.ts'
import { drawAll } from '../../scripts/pictures/draw-all.ts'
import { startProgram } from '../../scripts/pictures/program.ts'
import { withTemporaryPipeline } from '../../scripts/pictures/temporary-pipeline.ts'
import { freePort } from '../kafka/free-port.ts'
import { mustRun } from '../required-program.ts'
import { until } from '../running-start.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/pictures.ts', import.meta.url))
const PICTURES = ['alerts.svg', 'data-quality.svg', 'delivery.svg', 'overview.svg']
const LARGEST_PICTURE = 250_000

interface Run {
  readonly process: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

function runPictures(flags: readonly string[], environment: NodeJS.ProcessEnv = {}): Run {
  const child = spawn(process.execPath, [SCRIPT, ...flags], { env: { ...process.env, ...environment } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { process: child, ended }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-pictures-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('the help names every option', async () => {
  const { code, stdout } = await runPictures(['--help']).ended
  expect([code, stdout]).toStrictEqual([0, HELP])
  for (const option of ['--prometheus URL', '--out FOLDER', '--period DURATION', '--window DURATION'])
    expect(stdout).toContain(option)
})

test.each([
  [['--prometheus', 'localhost:9090'], ['--prometheus localhost:9090: write an address such as http://127.0.0.1:9090']],
  [['--out='], ['--out: name a folder']],
  [['--window', '5m'], ['--window: goes with --prometheus, leave it out or add that']],
  [
    ['--prometheus', 'http://127.0.0.1:9090', '--period', '15 min', '--window', '1s'],
    ['--period 15 min: not a duration, write 15m', '--window 1s: write a duration from 2s to 3650d'],
  ],
])('%j is refused', (argv, faults) => {
  expect(readArguments(argv)).toStrictEqual({ outcome: 'refused', faults })
})

test('what is asked for is read', () => {
  expect(readArguments(['--prometheus', 'http://127.0.0.1:9090', '--period', '1h30m', '--out', 'x'])).toStrictEqual({
    outcome: 'draw',
    arguments: { prometheusUrl: 'http://127.0.0.1:9090', out: 'x', periodSeconds: 5_400, window: undefined },
  })
})

test('an unknown option ends it with code 2 and leads to the help', async () => {
  const { code, stderr } = await runPictures(['--colour', 'red']).ended
  expect([code, stderr]).toStrictEqual([2, expect.stringMatching(/^pictures: .*--colour.*\n.*pictures -- --help\n$/s)])
})

test('where no Prometheus answers, its address is named', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const { code, stderr } = await runPictures(['--prometheus', url, '--out', temporaryFolder()]).ended
  expect([code, stderr]).toStrictEqual([
    1,
    expect.stringMatching(
      `^pictures: no Prometheus answers at ${url} \\(.*ECONNREFUSED.*\\): start it, or name another`,
    ),
  ])
})

test('without Prometheus on the machine it says so, and nothing stays behind', async () => {
  const folder = temporaryFolder()
  const { code, stderr } = await runPictures([], { PATH: folder, TMPDIR: folder }).ended
  expect([code, stderr]).toStrictEqual([
    1,
    'pictures: prometheus is not installed: install it, or name a running Prometheus with --prometheus\n',
  ])
  expect(readdirSync(folder)).toStrictEqual([])
})

test('a signal stops what it started, and nothing stays behind', async ({ skip }) => {
  if (!mustRun('prometheus')) return skip('prometheus is not installed')
  const folder = temporaryFolder()
  const run = runPictures([], { TMPDIR: folder })
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    run.process.stderr!.on('data', (chunk: Buffer) => {
      said += chunk
      const match = /run at (http:\S+)\n/.exec(said)
      if (match !== null) resolve(match[1]!)
    })
    void run.ended.then(({ stderr }) => reject(new Error(stderr)))
  })
  await until(async () => (await fetch(`${url}/-/ready`)).ok || undefined, 'Prometheus to be ready')
  run.process.kill('SIGTERM')
  expect((await run.ended).code).toBe(130)
  await expect(fetch(url)).rejects.toThrow('fetch failed')
  expect(readdirSync(folder)).toStrictEqual([])
})

test('settings that the exporter refuses are told in its own words', async () => {
  const pipeline = withTemporaryPipeline({ rate: 'fast' }, AbortSignal.any([]), async () => undefined)
  await expect(pipeline).rejects.toThrow(/^node ended with exit code 2:\n.*rate: "fast"/s)
})

test('work that waits is told when a program ends before it', async ({ skip }) => {
  if (!mustRun('prometheus')) return skip('prometheus is not installed')
  if (!mustRun('pgrep')) return skip('pgrep is not installed')
  const pipeline = withTemporaryPipeline({ rate: 10 }, AbortSignal.any([]), async (_, running) => {
    const [pid] = execFileSync('pgrep', ['-P', String(process.pid), 'prometheus'], { encoding: 'utf8' }).split('\n')
    process.kill(Number(pid), 'SIGKILL')
    await once(running, 'abort')
    running.throwIfAborted()
  })
  await expect(pipeline).rejects.toThrow(/^prometheus ended with SIGKILL:\n/)
})

const LABELS = 'group="clicks",topic="shop",partition="0"'
const START = 1_767_171_600
const LAST = START + 300

/** Five minutes of a few series, in the format that `promtool tsdb create-blocks-from` reads. */
function history(): string {
  const series: readonly (readonly [name: string, labels: string, perStep: number])[] = [
    ['clickstream_partitions_assigned', 'instance="one"', 0],
    ['clickstream_records_consumed_total', LABELS, 50],
    ['clickstream_funnel_sessions_total', `${LABELS},funnel="checkout",step="view"`, 5],
    ['page_views_total', 'instance="one",page="/a<b>&c"', 30],
    ['page_views_total', 'instance="one",page="/cart"', 10],
  ]
  const lines = series.flatMap(([name, labels, perStep]) =>
    Array.from(
      { length: 61 },
      (_, step) => `${name}{job="exporter",${labels}} ${1 + step * perStep} ${START + step * 5}`,
    ),
  )
  return `${lines.join('\n')}\n# EOF\n`
}

test('a Prometheus of one’s own is drawn, the same every time', async ({ skip }) => {
  if (!mustRun('prometheus') || !mustRun('promtool')) return skip('prometheus is not installed')
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'history'), history())
  writeFileSync(join(folder, 'prometheus.yml'), 'scrape_configs: []\n')
  mkdirSync(join(folder, 'tsdb'))
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history'), join(folder, 'tsdb')])
  const prometheus = startProgram(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      '--storage.tsdb.retention.time=100y',
      '--web.listen-address=127.0.0.1:0',
    ],
    /msg="Listening on".* address=(\S+)/,
  )
  onTestFinished(() => prometheus.stop())
  const prometheusUrl = `http://${await prometheus.announced}`
  await until(async () => (await fetch(`${prometheusUrl}/-/ready`)).ok || undefined, 'Prometheus to be ready')
  const wanted = {
    prometheusUrl,
    end: LAST,
    periodSeconds: 300,
    window: '30s',
    note: undefined,
  }

  const said: string[] = []
  const [first, second] = [join(folder, 'first'), join(folder, 'second')]
  await drawAll({ ...wanted, out: first }, (line) => said.push(line))
  await drawAll({ ...wanted, out: second }, () => undefined)
  expect(readdirSync(first)).toStrictEqual(PICTURES)
  expect(said.map((line) => line.replace(/: \d+ kB$/, '')).sort()).toStrictEqual(
    PICTURES.map((name) => join(first, name)),
  )
  for (const name of PICTURES) {
    const svg = readFileSync(join(first, name), 'utf8')
    expect(svg.length).toBeLessThan(LARGEST_PICTURE)
    expect(readFileSync(join(second, name), 'utf8')).toBe(svg)
    expect(svg).toContain('job exporter, group clicks')
  }
  const overview = readFileSync(join(first, 'overview.svg'), 'utf8')
  expect(overview).toContain('rates over 30s')
  expect(overview).toContain('>/a&lt;b&gt;&amp;c</text>')
  // 1801 at the end, on an axis to the next round amount.
  expect(overview).toContain('>2 K</text>')
  expect(overview).toContain('>no data</text>')

  const before = { ...wanted, end: START - 3_600, out: first }
  await expect(drawAll(before, () => undefined)).rejects.toThrow(
    'had no clickstream_partitions_assigned in this period: does it scrape the exporter, and load the rules?',
  )
  const elsewhere = { ...wanted, prometheusUrl: `${prometheusUrl}/graph`, out: first }
  await expect(drawAll(elsewhere, () => undefined)).rejects.toThrow('but not as Prometheus does')
})
