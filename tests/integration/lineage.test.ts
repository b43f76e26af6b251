import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { LINEAGE_CAUSES, type LineageCause } from '../../consumer/expose/delivery-metrics.ts'
import { at } from '../builders.ts'
import { disorderedTraffic } from '../disordered-traffic.ts'
import { Machine, series, shownCounters } from './machine.ts'

const CONSUMED = series('records_consumed_total')
const traffic = (seed: number, count: number) =>
  disorderedTraffic({
    seed,
    count,
    fromMs: at('09:00:00'),
    stepMs: 5_000,
    allowedLatenessMs: 600_000,
    gapMs: 1_800_000,
  })

const reset = (cause: LineageCause): string =>
  `clickstream_lineage_resets_total{group="clickstream-exporter",topic="user-events",cause="${cause}"}`

interface Breakage {
  cause: LineageCause
  name: string
  /** What happened to the log while nobody had it open. */
  happens(machine: Machine): void | Promise<void>
  /** Where counting begins again, of a log of 500 records committed at 300. */
  resumesAt: number
}

const BREAKAGES: Breakage[] = [
  {
    cause: 'snapshot_missing',
    name: 'the snapshot was deleted',
    happens: (machine) => machine.edit((database) => database.exec('DELETE FROM snapshots')),
    resumesAt: 300,
  },
  {
    cause: 'snapshot_corrupt',
    name: 'bits of the snapshot flipped',
    happens: (machine) =>
      editSnapshot(machine, (bytes) => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 0x10 : byte))),
    resumesAt: 300,
  },
  {
    cause: 'snapshot_corrupt',
    name: 'the snapshot was cut short',
    happens: (machine) => editSnapshot(machine, (bytes) => bytes.subarray(0, bytes.length - 7)),
    resumesAt: 300,
  },
  {
    cause: 'snapshot_corrupt',
    name: 'the snapshot is something else',
    happens: (machine) => editSnapshot(machine, () => Buffer.from('not a snapshot')),
    resumesAt: 300,
  },
  {
    cause: 'core_version',
    name: 'another version of the core wrote the snapshot',
    happens: (machine) => editSnapshot(machine, writtenByCore(999)),
    resumesAt: 300,
  },
  {
    cause: 'position_unreadable',
    name: 'the note of the position is none of ours',
    happens: (machine) => machine.edit((database) => database.exec(`UPDATE positions SET metadata = 'who knows'`)),
    resumesAt: 300,
  },
  {
    cause: 'position_unreadable',
    name: 'the position was set back by hand, before its own snapshot',
    happens: (machine) =>
      machine.edit((database) =>
        database.exec(`UPDATE positions SET offset = 100, metadata = replace(metadata, '"at":0', '"at":300')`),
      ),
    resumesAt: 100,
  },
  {
    cause: 'offset_beyond_end',
    name: 'the log is shorter than the position',
    happens: (machine) => machine.edit((database) => database.exec('UPDATE positions SET offset = 10000')),
    resumesAt: 500,
  },
  {
    cause: 'retention',
    name: 'retention passed the snapshot but not the position',
    happens: (machine) =>
      machine.edit((database) =>
        database.exec('UPDATE extents SET start_offset = 100; DELETE FROM batches WHERE base_offset < 100'),
      ),
    resumesAt: 300,
  },
  {
    cause: 'retention',
    name: 'retention passed the position',
    happens: (machine) =>
      machine.edit((database) =>
        database.exec('UPDATE extents SET start_offset = 400; DELETE FROM batches WHERE base_offset < 400'),
      ),
    resumesAt: 400,
  },
]

test.each(BREAKAGES)('$name: counters begin again at 0 behind what was exposed ($cause)', async ({
  cause,
  happens,
  resumesAt,
}) => {
  const machine = new Machine()
  const first = await machine.boot()
  for (let hundred = 1; hundred <= 3; hundred++) await machine.append(first.log, traffic(hundred, 100))
  await first.settled()
  expect((await first.nextPage()).get(CONSUMED)).toBe(300)
  await first.crash()
  const log = machine.openLog()
  for (let hundred = 4; hundred <= 5; hundred++) await machine.append(log, traffic(hundred, 100))
  await log.leave()
  await happens(machine)
  machine.logged[0]!.splice(0, resumesAt)

  const second = await machine.boot()
  await second.settled()
  const page = await second.nextPage()
  expect(shownCounters(page)).toStrictEqual(machine.expected())
  expect(page.get(CONSUMED)).toBe(500 - resumesAt)
  for (const other of LINEAGE_CAUSES)
    expect([other, page.get(reset(other))]).toStrictEqual([other, other === cause ? 1 : 0])
  expect(machine.linesSaying('the past cannot be rebuilt')).toMatchObject([{ level: 40, cause, partition: 0 }])

  await second.crash()
  const third = await machine.boot()
  await third.settled()
  const next = await third.nextPage()
  expect(shownCounters(next)).toStrictEqual(machine.expected())
  expect(next.get(reset(cause))).toBe(0)
})

test('every cause there is has its case here', () => {
  // The embedded log keeps its positions in its own file: it cannot be created anew under them.
  const possible = LINEAGE_CAUSES.filter((cause) => cause !== 'log_recreated')
  expect(new Set(BREAKAGES.map(({ cause }) => cause))).toStrictEqual(new Set(possible))
})

test('a new beginning that cannot be saved is counted once, when it could be', async () => {
  const machine = new Machine()
  const first = await machine.boot()
  await machine.append(first.log, traffic(1, 100))
  await first.settled()
  await first.nextPage()
  await first.crash()
  machine.edit((database) => database.exec('DELETE FROM snapshots'))

  let tries = 0
  const second = await machine.boot({
    faults: (log) => ({
      writeSnapshot(...call) {
        if (tries++ === 0) throw new Error('no disk')
        return log.writeSnapshot(...call)
      },
    }),
  })
  await second.settled()
  expect(tries).toBe(2)
  expect((await second.nextPage()).get(reset('snapshot_missing'))).toBe(1)
})

test('retention that overtakes the replay makes a new beginning instead of a gap', async () => {
  const machine = new Machine()
  const first = await machine.boot()
  for (let hundred = 1; hundred <= 3; hundred++) await machine.append(first.log, traffic(hundred, 100))
  await first.settled()
  await first.nextPage()
  await first.crash()

  const second = await machine.boot({
    retentionBytes: 30_000,
    faults: (log) => ({
      async read(...call) {
        if (machine.logged[0]!.length === 300) await machine.append(log, traffic(4, 100))
        return log.read(...call)
      },
    }),
  })
  await second.settled()
  const { startOffset } = await second.log.bounds(0)
  expect(startOffset).toBeGreaterThan(0)
  const page = await second.nextPage()
  expect(page.get(reset('retention'))).toBe(1)
  expect(page.get(CONSUMED)).toBe(400 - Math.max(startOffset, 300))
})

function editSnapshot(machine: Machine, change: (bytes: Uint8Array, chunk: number) => Uint8Array): void {
  machine.edit((database) => {
    const rows = database.prepare('SELECT rowid, chunk, bytes FROM snapshots').all()
    for (const { rowid, chunk, bytes } of rows as { rowid: number; chunk: number; bytes: Uint8Array }[]) {
      database.prepare('UPDATE snapshots SET bytes = ? WHERE rowid = ?').run(change(bytes, chunk), rowid)
    }
  })
}

/** Another version in the header, which is the first chunk; its length and checksum are right. */
const writtenByCore =
  (core: number) =>
  (bytes: Uint8Array, chunk: number): Uint8Array => {
    if (chunk > 0) return bytes
    const header = JSON.parse(zstdDecompressSync(bytes.subarray(12)).toString())
    const raw = Buffer.from(JSON.stringify({ ...header, core }))
    const prefix = Buffer.from(bytes.subarray(0, 12))
    prefix.writeUInt32LE(raw.length, 4)
    prefix.writeUInt32LE(crc32(raw), 8)
    return Buffer.concat([prefix, zstdCompressSync(raw)])
  }
