import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type LoggingOptions, openLog } from '../../consumer/logging.ts'

let folder: string
let file: string
let said: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickstream-logging-'))
  file = join(folder, 'analytics.log')
  said = []
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

const open = (options: Partial<LoggingOptions> = {}) =>
  openLog({ file, level: 'info', rotateBytes: 1_000_000, keep: 5, console: (line) => said.push(line), ...options })

const linesOf = (path: string): { n?: number; msg: string }[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

test('every line is in the file once it is closed, in order, however many rotations were under way', async () => {
  const { logger, close } = open({ rotateBytes: 1_024, keep: 1_000 })
  for (let n = 0; n < 500; n++) logger.info({ n }, 'a line')
  await close()
  const rotated = readdirSync(folder).length - 1
  expect(rotated).toBeGreaterThan(10)
  const files = Array.from({ length: rotated }, (_, index) => `${file}.${rotated - index}`)
  const numbers = [...files, file].flatMap((path) => (existsSync(path) ? linesOf(path).map(({ n }) => n) : []))
  expect(numbers).toStrictEqual(Array.from({ length: 500 }, (_, n) => n))
})

test('the console is told of warnings and errors only, in plain words', async () => {
  const { logger, close } = open()
  logger.info('nothing special')
  logger.child({ partition: 3 }).warn({ cause: 'retention' }, 'the past is gone')
  logger.error({ err: new Error('no disk') }, 'saving failed')
  await close()
  expect(said).toStrictEqual([
    'warning: the past is gone (partition=3 cause=retention)',
    'error: saving failed: no disk',
  ])
  expect(linesOf(file).map(({ msg }) => msg)).toStrictEqual(['nothing special', 'the past is gone', 'saving failed'])
})

test('the causes of an error are said as far as it does not name them itself', async () => {
  const { logger, close } = open()
  const full = new Error('no space left')
  logger.error({ err: new Error('log.sqlite: no space left; free some', { cause: full }) }, 'saving failed')
  logger.error({ err: new Error('fetch failed', { cause: new Error('refused', { cause: full }) }) }, 'sending failed')
  await close()
  expect(said).toStrictEqual([
    'error: saving failed: log.sqlite: no space left; free some',
    'error: sending failed: fetch failed: refused: no space left',
  ])
})

test.each([
  { level: 'silent' as const },
  { file: undefined },
])('%j writes no file, and warnings are still said', async (options) => {
  const { logger, close } = open(options)
  logger.warn('look here')
  await close()
  expect(readdirSync(folder)).toStrictEqual([])
  expect(said).toStrictEqual(['warning: look here'])
})

test('a file that cannot be written is said once, and closing it ends', async () => {
  mkdirSync(file)
  const { logger, close } = open()
  for (let n = 0; n < 3; n++) logger.info('a line')
  await close()
  logger.info('one more')
  await close()
  expect(said).toStrictEqual([expect.stringContaining(`the log file ${file} cannot be written`)])
})
