import { describe, expect, test } from 'vitest'
import { Pipeline } from '../../consumer/core/pipeline.ts'
import {
  captureState,
  decodeState,
  encodeState,
  type RestoredState,
  SnapshotUnusable,
  type StateCapture,
} from '../../consumer/core/snapshot-codec.ts'
import { aClickEvent } from '../builders.ts'
import { aReferenceRun, coreOptions, feed, snapshotOf, totals } from '../core-run.ts'

const options = coreOptions(aReferenceRun({ allowedLatenessMs: 60_000 }))

/** A little of everything: closed and open sessions, money, a late event, a duplicate, a user far ahead. */
function aLivelyPartition(): Pipeline {
  const events = [
    aClickEvent({ at: '09:00:00', id: 'e1' }),
    aClickEvent({ at: '09:01:00', id: 'e2', type: 'purchase', priceMicros: 19_990_000n, currency: 'EUR' }),
    aClickEvent({ at: '09:01:00', id: 'e2', loggedAt: '09:01:01' }),
    aClickEvent({ at: '08:00:00', id: 'e3', loggedAt: '09:02:00' }),
    aClickEvent({ at: '10:00:00', id: 'e4', user: 'ben', page: '/商品/👟' }),
    aClickEvent({ at: '10:01:00', id: 'e5', user: 'cem', type: 'checkout', durationMs: 1234 }),
    aClickEvent({ at: '10:30:00', id: 'e6', user: 'dan', loggedAt: '10:30:00' }),
  ]
  return feed(new Pipeline(options), events, false)
}

function decoded(chunks: readonly Uint8Array[]): RestoredState {
  const decoding = decodeState(chunks)
  let step = decoding.next()
  while (!step.done) step = decoding.next()
  return step.value
}

const sameAgain = ({ state, options: known, offset }: RestoredState): Uint8Array[] => [
  ...encodeState(captureState(state, known, offset)),
]

function faultOf(chunks: readonly Uint8Array[]): string {
  try {
    decoded(chunks)
    return 'none'
  } catch (error) {
    if (error instanceof SnapshotUnusable) return error.fault
    throw error
  }
}

const rewritten = (change: (capture: StateCapture) => Partial<StateCapture['header']>): Uint8Array[] => {
  const capture = captureState(aLivelyPartition().state, options, 7)
  return [...encodeState({ ...capture, header: { ...capture.header, ...change(capture) } })]
}

describe('a snapshot', () => {
  const pipeline = aLivelyPartition()
  const chunks = snapshotOf(pipeline, 42)

  test('brings back the totals, the options and the offset', () => {
    const restored = decoded(chunks)
    expect(totals(restored.state)).toStrictEqual(totals(pipeline.state))
    expect(restored.options).toStrictEqual(options)
    expect(restored.offset).toBe(42)
    expect(restored.state.clock).toStrictEqual(pipeline.state.clock)
    expect(restored.state.clock.ahead).toHaveLength(1)
    expect(sameAgain(restored)).toStrictEqual(chunks)
  })

  test('of a partition that has seen nothing brings back nothing', () => {
    const empty = new Pipeline({ ...options, allowedLatenessMs: Number.POSITIVE_INFINITY })
    const restored = decoded(snapshotOf(empty))
    expect(totals(restored.state)).toStrictEqual(totals(empty.state))
    expect(restored.options.allowedLatenessMs).toBe(Number.POSITIVE_INFINITY)
    expect(restored.state.clock).toStrictEqual(empty.state.clock)
  })

  test('is the state at the capture, whatever the state does while it is encoded', () => {
    const moving = aLivelyPartition()
    const capture = captureState(moving.state, options, 42)
    feed(
      moving,
      [aClickEvent({ at: '11:00:00', id: 'e9', page: '/new' }), aClickEvent({ at: '12:00:00', user: 'ben' })],
      true,
    )
    moving.closeAll()
    expect([...encodeState(capture)]).toStrictEqual(chunks)
  })

  test('can be read from the middle of a larger buffer', () => {
    const within = chunks.map((chunk) => {
      const larger = new Uint8Array(chunk.length + 7).fill(0xff)
      larger.set(chunk, 3)
      return larger.subarray(3, 3 + chunk.length)
    })
    expect(sameAgain(decoded(within))).toStrictEqual(chunks)
  })

  test.each([0x01, 0x80, 0xff])('with any one byte changed by %d is refused as corrupt or means the same', (change) => {
    let refused = 0
    for (const [index, chunk] of chunks.entries()) {
      for (let at = 0; at < chunk.length; at++) {
        const damaged = chunk.slice()
        damaged[at]! ^= change
        const changed = chunks.with(index, damaged)
        const fault = faultOf(changed)
        if (fault === 'corrupt') refused++
        else {
          expect(fault, `byte ${at} of chunk ${index}`).toBe('none')
          expect(sameAgain(decoded(changed))).toStrictEqual(chunks)
        }
      }
    }
    expect(refused).toBeGreaterThan(chunks.reduce((bytes, chunk) => bytes + chunk.length, 0) * 0.95)
  })

  test('cut short anywhere is refused as corrupt', () => {
    for (const [index, chunk] of chunks.entries()) {
      for (let length = 0; length < chunk.length; length++) {
        expect(faultOf(chunks.with(index, chunk.subarray(0, length)))).toBe('corrupt')
      }
    }
  })

  test.each<[string, (all: readonly Uint8Array[]) => readonly Uint8Array[]]>([
    ['without chunks', () => []],
    ['without its ids', (all) => all.toSpliced(1, 1)],
    ['without its last chunk', (all) => all.slice(0, -1)],
    ['with a chunk too many', (all) => [...all, all.at(-1)!]],
    ['with two headers', (all) => [all[0]!, ...all]],
    ['with ids and sessions exchanged', (all) => [all[0]!, all[2]!, all[1]!]],
  ])('%s is refused as corrupt', (_fault, change) => {
    expect(chunks).toHaveLength(3)
    expect(faultOf(change(chunks))).toBe('corrupt')
  })

  test.each<[string, Uint8Array[]]>([
    ['core', rewritten(({ header }) => ({ core: header.core + 1 }))],
    ['format', rewritten(({ header }) => ({ format: header.format + 1 }))],
  ])('of another %s is refused for its version, not as corrupt', (_kind, others) => {
    expect(faultOf(others)).toBe('version')
  })

  test('names the fault in its error', () => {
    expect(() => decoded([])).toThrow(/snapshot unusable: no chunks/)
    expect(() => decoded(rewritten(() => ({ core: 99 })))).toThrow(/core 99/)
  })
})

describe('a snapshot of 50,000 sessions', () => {
  const users = 50_000
  const json = (user: number, seconds: number): Uint8Array =>
    new TextEncoder().encode(
      `{"event_id":"e${user}-${seconds}","user_id":${user},"page":"/p","action":"view","timestamp":${1714554000 + seconds}}`,
    )
  const more = (pipeline: Pipeline, from: number, to: number, seconds: number): Pipeline => {
    for (let user = from; user < to; user++) {
      const bytes = json(user, seconds)
      pipeline.process(bytes, 0, bytes.length, (1714554000 + seconds) * 1000, true)
    }
    return pipeline
  }
  const pipeline = more(new Pipeline(options), 0, users, 0)
  const chunks = snapshotOf(pipeline, users)

  test('takes several chunks, yields between them, and comes back byte for byte', () => {
    expect(pipeline.state.sessions.open).toBe(users)
    expect(chunks.length).toBeGreaterThan(5)
    const decoding = decodeState(chunks)
    let pauses = 0
    let step = decoding.next()
    for (; !step.done; step = decoding.next()) pauses++
    expect(pauses).toBe(chunks.length - 1)
    expect(sameAgain(step.value)).toStrictEqual(chunks)
  })

  test('goes on like the state it was taken from', () => {
    const restored = decoded(chunks)
    const copy = new Pipeline(restored.options, restored.state)
    for (const one of [pipeline, copy]) {
      more(one, 20_000, 22_000, 0)
      more(one, 40_000, 45_000, 1700)
      more(one, 49_000, 51_000, 1900)
    }
    expect(totals(copy.state)).toStrictEqual(totals(pipeline.state))
    expect(snapshotOf(copy)).toStrictEqual(snapshotOf(pipeline))
    expect(totals(copy.state)).toMatchObject({ events_dropped_total: { duplicate: 2000 }, sessions_open: 7000 })
    more(copy, 51_000, 51_001, 4000)
    expect(totals(copy.state)).toMatchObject({ sessions_closed_total: { '': 52_000 }, sessions_open: 1 })
  })

  test('without any one of the chunks after its header, or with one of them twice, is refused as corrupt', () => {
    for (let index = 1; index < chunks.length; index++) {
      expect(faultOf(chunks.toSpliced(index, 1)), `without chunk ${index}`).toBe('corrupt')
      expect(faultOf(chunks.toSpliced(index, 0, chunks[index]!)), `chunk ${index} twice`).toBe('corrupt')
    }
  })
})

describe('a snapshot of many chunks', () => {
  const pipeline = new Pipeline(options)
  feed(
    pipeline,
    Array.from({ length: 30_000 }, (_, user) => aClickEvent({ at: '09:00:00', user: String(user), id: `e${user}` })),
    false,
  )
  const chunks = snapshotOf(pipeline)

  test('tells two chunks of the same kind and length that have changed places', () => {
    expect(chunks.length).toBeGreaterThan(4)
    for (let at = 1; at + 1 < chunks.length; at++) {
      const swapped = chunks.toSpliced(at, 2, chunks[at + 1]!, chunks[at]!)
      expect(faultOf(swapped)).toBe('corrupt')
    }
  })

  test('is corrupt without its header', () => {
    expect(faultOf(chunks.slice(1))).toBe('corrupt')
  })
})
