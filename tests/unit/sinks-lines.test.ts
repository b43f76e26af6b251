import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { NewRecord } from '../../consumer/contract/log-port.ts'
import { openFileSink, streamSink } from '../../producer/sinks/lines-sink.ts'
import { ReaderGone, SinkRefused } from '../../producer/sinks/sink.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickstream-lines-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

const record = (value: string | Uint8Array): NewRecord => ({ key: 'ann', value: Buffer.from(value) })

describe('a file', () => {
  test('has one record a line, in order, and nothing of what it held', async () => {
    const path = join(folder, 'events.ndjson')
    writeFileSync(path, 'what it held')
    const sink = await openFileSink(path)
    await sink.append([record('{"n":1}'), record('{"n":2}')])
    await sink.append([record('{"n":3}')])
    await sink.close()
    expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":3}\n')
  })

  test.each([[false], [true]])('that is read, by whatever name, is left alone (kept: %j)', async (keeping) => {
    const path = join(folder, 'events.ndjson')
    const link = join(folder, 'link')
    writeFileSync(path, 'what it held')
    symlinkSync(path, link)
    const beforeReplacing = () => expect.unreachable()
    const sources = [join(folder, 'gone'), path]
    const refused = openFileSink(link, { sources, keeping, beforeReplacing })
    await expect(refused).rejects.toThrow(SinkRefused)
    await expect(refused).rejects.toThrow('is one of the files that are read; name another with --output')
    expect(readFileSync(path, 'utf8')).toBe('what it held')
  })

  test.each([
    ['whole lines', '{"n":1}\n', '{"n":1}\n{"n":2}\n'],
    ['a line that a crash cut off', '{"n":1}\n{"n', '{"n":1}\n{"n":2}\n'],
    ['nothing but such a line', '{"n', '{"n":2}\n'],
    ['a cut line longer than is read at a time', `{}\n${'x'.repeat(200_000)}`, '{}\n{"n":2}\n'],
    ['nothing', '', '{"n":2}\n'],
  ])('that is kept and holds %s goes on behind the last whole line', async (_what, held, expected) => {
    const path = join(folder, 'events.ndjson')
    writeFileSync(path, held)
    const sink = await openFileSink(path, { keeping: true })
    await sink.append([record('{"n":2}')])
    await sink.close()
    expect(readFileSync(path, 'utf8')).toBe(expected)
  })

  test('that is to be kept and is gone is refused: what it held would be missing', async () => {
    const path = join(folder, 'events.ndjson')
    const opening = openFileSink(path, { keeping: true })
    await expect(opening).rejects.toThrow(SinkRefused)
    await expect(opening).rejects.toThrow(`${path} is gone, and what was written into it`)
  })

  test('has a broken record as it is, but on a line of its own', async () => {
    const path = join(folder, 'events.ndjson')
    const sink = await openFileSink(path)
    const given = [
      record('{"a":\n1}'),
      record('{"a":"x\ny"}'),
      record(Buffer.from([0xff, 0x0a, 0x0a])),
      record('{"n":1}'),
    ]
    const before = given.map(({ value }) => [...value])
    await sink.append(given)
    await sink.close()
    const [valid, broken, bytes, last] = readFileSync(path, 'latin1').split('\n')
    expect(JSON.parse(valid!)).toEqual({ a: 1 })
    expect(() => JSON.parse(broken!)).toThrow()
    expect([bytes, last]).toEqual(['\u00ff\t\t', '{"n":1}'])
    expect(given.map(({ value }) => [...value])).toEqual(before)
  })

  test.each([
    ['in a folder that is not there', ['nowhere', 'events.ndjson'], 'ENOENT'],
    ['that is a folder', [], 'EISDIR'],
  ])('%s is refused, with the flag to change', async (_what, parts, code) => {
    const path = join(folder, ...parts)
    const opening = openFileSink(path)
    await expect(opening).rejects.toThrow(SinkRefused)
    await expect(opening).rejects.toThrow(new RegExp(`^${path} cannot be written \\(${code}.*\\); check --output$`))
  })

  test('on a disk that is full is refused, not tried again', async () => {
    const sink = await openFileSink('/dev/full')
    onTestFinished(() => sink.close())
    await expect(sink.append([record('{}')])).rejects.toThrow(/^\/dev\/full cannot be written \(ENOSPC/)
  })
})

describe('a stream', () => {
  test('whose reader is slow holds up what is appended', async () => {
    const stream = new PassThrough({ highWaterMark: 10 })
    const sink = streamSink(stream)
    await sink.append([record('{"n":1}')])
    let isAppended = false
    const second = sink.append([record('{"n":2}')]).then(() => {
      isAppended = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(isAppended).toBe(false)
    let read = ''
    stream.on('data', (chunk) => {
      read += chunk
    })
    await second
    expect(read).toBe('{"n":1}\n{"n":2}\n')
  })

  test('whose reader has gone says so', async () => {
    const stream = new PassThrough()
    stream.destroy()
    await expect(streamSink(stream).append([record('{}')])).rejects.toThrow(ReaderGone)
  })
})
