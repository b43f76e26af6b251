import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { EmbeddedLog } from '../../consumer/log/embedded/embedded-log.ts'
import { aRecord, clock, file, keyFor, never, openLog, useLogFolder, valuesFrom } from './embedded-log-folder.ts'

useLogFolder()

describe('retention', () => {
  const kilobyte = 'x'.repeat(1_000)

  /** Appends one batch of about a kilobyte to the partition, a second after the last. */
  async function appendTo(log: EmbeddedLog, partition: number, partitions: number): Promise<void> {
    clock.nowMs += 1_000
    await log.append([aRecord(kilobyte, keyFor(partition, partitions))])
  }

  test('deletes the oldest batches and keeps counting offsets', async () => {
    const log = openLog({ retentionBytes: 5_500 })
    for (let index = 0; index < 12; index += 1) await appendTo(log, 0, 1)

    expect(await log.bounds(0)).toMatchObject({ startOffset: 7, endOffset: 12 })
    expect((await log.read(0, 0, never)).records.map(({ offset }) => offset)).toEqual([7, 8, 9, 10, 11])
    expect(await log.read(0, 0, never)).toMatchObject({ startOffset: 7, nextOffset: 12, endOffset: 12 })
  })

  test('takes from every partition by age, so that what is left is the newest of all', async () => {
    const log = openLog({ partitions: 2, retentionBytes: 8_500 })
    for (let index = 0; index < 10; index += 1) {
      await appendTo(log, 0, 2)
      await appendTo(log, 0, 2)
      await appendTo(log, 0, 2)
      await appendTo(log, 1, 2)
    }

    expect(await log.bounds(0)).toMatchObject({ startOffset: 24, endOffset: 30 })
    expect(await log.bounds(1)).toMatchObject({ startOffset: 8, endOffset: 10 })
  })

  test('leaves the last batch of a quiet partition, however old', async () => {
    const log = openLog({ partitions: 2, retentionBytes: 3_500 })
    await appendTo(log, 1, 2)
    await appendTo(log, 1, 2)
    for (let index = 0; index < 10; index += 1) await appendTo(log, 0, 2)

    expect(await log.bounds(1)).toMatchObject({ startOffset: 1, endOffset: 2 })
    expect(await log.bounds(0)).toMatchObject({ startOffset: 8, endOffset: 10 })
  })

  test('leaves the last batch even when it alone is too large', async () => {
    const log = openLog({ retentionBytes: 10 })
    await appendTo(log, 0, 1)
    await appendTo(log, 0, 1)

    expect(await log.bounds(0)).toMatchObject({ startOffset: 1, endOffset: 2 })
  })

  test('goes on where it was after a restart', async () => {
    const log = openLog({ retentionBytes: 5_500 })
    for (let index = 0; index < 8; index += 1) await appendTo(log, 0, 1)
    await log.leave()

    const again = openLog({ retentionBytes: 5_500 })
    expect(await again.bounds(0)).toMatchObject({ startOffset: 3, endOffset: 8 })
    await appendTo(again, 0, 1)
    expect(await again.bounds(0)).toMatchObject({ startOffset: 4, endOffset: 9 })
  })

  test('keeps the end of a partition that holds nothing any more', async () => {
    const log = openLog()
    await log.append([aRecord('a'), aRecord('b')])
    await log.leave()
    const database = new DatabaseSync(file)
    database.exec('DELETE FROM batches; UPDATE extents SET start_offset = end_offset, bytes = 0')
    database.close()

    const again = openLog()
    expect(await again.bounds(0)).toMatchObject({ startOffset: 2, endOffset: 2 })
    await again.append([aRecord('c')])
    expect(await again.bounds(0)).toMatchObject({ startOffset: 2, endOffset: 3 })
    expect(await valuesFrom(again, 0, 2)).toEqual(['c'])
  })

  test('reuses the space: the file stops growing', async () => {
    const fill = async () => {
      const log = openLog({ retentionBytes: 2_000_000 })
      for (let index = 0; index < 40; index += 1) await log.append([aRecord('x'.repeat(150_000))])
      await log.leave()
      return statSync(file).size
    }
    const once = await fill()

    expect(once).toBeLessThan(2_800_000)
    expect(await fill()).toBeLessThan(once * 1.1)
  })
})
