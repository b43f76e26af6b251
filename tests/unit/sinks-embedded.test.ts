import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { EmbeddedSink } from '../../producer/sinks/embedded-sink.ts'
import { SinkRefused } from '../../producer/sinks/sink.ts'

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'clickstream-sink-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const open = (folder: string, retentionBytes: number): EmbeddedSink => {
  const sink = new EmbeddedSink({ folder, topic: 'clicks', group: '', partitions: 1, retentionBytes, now: () => 0 })
  onTestFinished(() => sink.close())
  return sink
}

const tenKilobytes = [{ key: 'somebody', value: Buffer.alloc(10_000, ' ') }]

test('records that had to make room are told, those of earlier times aside', async () => {
  const folder = aFolder()
  const first = open(folder, 25_000)
  for (let append = 0; append < 5; append++) await first.append(tenKilobytes)
  expect(first.crowdedOut).toBe(3)
  await first.close()

  const second = open(folder, 25_000)
  expect(second.crowdedOut).toBe(0)
  await second.append(tenKilobytes)
  expect(second.crowdedOut).toBe(1)
})

test('a folder that another one has open is refused', () => {
  const folder = aFolder()
  open(folder, 1_000_000)
  expect(() => open(folder, 1_000_000)).toThrow(SinkRefused)
})
