import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ArchiveFrame } from '../../consumer/files/archive-frame.ts'
import { unpack } from '../../producer/collect/unpack.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** A byte at a time, with `onMiddle` called once when half of it was taken. */
async function* bytesOf(bytes: Buffer, onMiddle: () => void): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += 1) {
    yield bytes.subarray(at, at + 1)
    if (at === bytes.length >> 1) onMiddle()
  }
}

const unpackers: Record<string, (pieces: AsyncIterable<Buffer>) => Promise<void>> = {
  'a request': (pieces) => unpack(pieces, () => {}),
  'a file': async (pieces) => {
    const frame = new ArchiveFrame('gzip')
    for await (const piece of pieces) {
      await frame.write(piece)
      frame.takeOutput()
    }
    await frame.finish()
    expect(frame.failure).toBeUndefined()
  },
}

test.each(Object.entries(unpackers))('%s that comes in many pieces holds no memory for each', async (_, unpackAll) => {
  const packed = gzipSync(randomBytes(40_000))
  const heapBytes = (): number => {
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  await unpackAll(bytesOf(packed, () => {}))
  const before = heapBytes()
  let held = 0
  await unpackAll(
    bytesOf(packed, () => {
      held = heapBytes() - before
    }),
  )
  expect(held / (packed.length / 2)).toBeLessThan(50)
})
