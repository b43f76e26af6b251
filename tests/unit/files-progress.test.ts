import { describe, expect, test } from 'vitest'
import { progressBar } from '../../consumer/files/progress.ts'

const ERASE_LINE = '\r\x1b[K'

/** A terminal that remembers what is written to it, and a clock that stands until it is set. */
function aTerminal({ isTTY = true, columns = 120 } = {}) {
  const written: string[] = []
  const clock = { nowMs: 1000 }
  const terminal = { isTTY, columns, write: (text: string) => written.push(text) }
  const bar = (fileName = 'a.csv') => progressBar(fileName, terminal, () => clock.nowMs)
  return { written, clock, bar }
}

describe('the progress bar', () => {
  test('shows name, percent, records, rate and time left on one line', () => {
    const { written, clock, bar } = aTerminal()
    const progress = bar()
    clock.nowMs += 10_000
    progress.show(250, 1000, 1_234_560)
    expect(written).toEqual([`${ERASE_LINE}a.csv  [#####---------------] 25%  1,234,560 records  123,456/s  0:30 left`])
  })

  test.each([
    { bytesRead: 1, totalBytes: 100, left: '1:39 left' },
    { bytesRead: 1, totalBytes: 10_000, left: '2:46:39 left' },
    { bytesRead: 100, totalBytes: 100, left: '0:00 left' },
    { bytesRead: 150, totalBytes: 100, left: '100%  7 records  7/s  0:00 left' },
    { bytesRead: 0, totalBytes: 100, left: '7/s' },
  ])('after one second and $bytesRead of $totalBytes bytes says "$left"', ({ bytesRead, totalBytes, left }) => {
    const { written, clock, bar } = aTerminal()
    const progress = bar()
    clock.nowMs += 1000
    progress.show(bytesRead, totalBytes, 7)
    expect(written[0]!.endsWith(left)).toBe(true)
  })

  test('shows megabytes while the size is not known', () => {
    const { written, clock, bar } = aTerminal()
    const progress = bar('standard input')
    clock.nowMs += 1000
    progress.show(2_500_000, 0, 10)
    expect(written).toEqual([`${ERASE_LINE}standard input  2.5 MB  10 records  10/s`])
  })

  test('is redrawn at most ten times a second', () => {
    const { written, clock, bar } = aTerminal()
    const progress = bar()
    for (let step = 0; step <= 1000; step++) {
      progress.show(step, 1000, step)
      clock.nowMs += 1
    }
    expect(written).toHaveLength(11)
  })

  test('takes itself off the screen, once', () => {
    const { written, bar } = aTerminal()
    const progress = bar()
    progress.show(1, 2, 3)
    progress.clear()
    progress.clear()
    expect(written.slice(1)).toEqual([ERASE_LINE])
  })

  test('writes nothing when stderr is no terminal', () => {
    const { written, bar } = aTerminal({ isTTY: false })
    const progress = bar()
    progress.show(1, 2, 3)
    progress.clear()
    expect(written).toEqual([])
  })

  test('never fills the line, which would wrap', () => {
    const { written, bar } = aTerminal({ columns: 20 })
    bar('a-very-long-file-name-indeed.csv').show(1, 2, 3)
    expect(written).toEqual([`${ERASE_LINE}a-very-long-file-na`])
  })

  test('does not let a file name steer the terminal', () => {
    const { written, bar } = aTerminal()
    bar('a\x1b[2J\n.csv').show(0, 0, 0)
    expect(written).toEqual([`${ERASE_LINE}a?[2J?.csv  0.0 MB  0 records`])
  })
})
