import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withOwnLabels } from '../../producer/oracle/event.ts'
import { type Json, NumberText, readJson } from '../../producer/oracle/json.ts'
import { Judge, judge } from '../../producer/oracle/judge.ts'
import { reference } from '../../producer/oracle/reference.ts'
import { durationOf, pageViewsOf, type Session, startOf } from '../../producer/oracle/sessions.ts'
import { WaitingSessions } from '../../producer/oracle/waiting-sessions.ts'
import { eventStreams, referenceOptions } from '../arbitraries.ts'
import { runs } from './runs.ts'

describe('sessions settled now and then', () => {
  test('are those of sorting and splitting everything at the end', () => {
    const logs = referenceOptions().chain((options) =>
      eventStreams(options).chain((log) =>
        fc.tuple(
          fc.constant(options),
          fc.constant(log),
          fc.array(fc.boolean(), { minLength: log.length, maxLength: log.length }),
        ),
      ),
    )
    fc.assert(
      fc.property(logs, ([options, log, settlesAfter]) => {
        const walk = new Judge(options)
        const sessions = new WaitingSessions(options)
        const closed: Session[] = []
        const settle = (): Session[] => sessions.settle(walk.watermarkMs, (session) => closed.push(session))
        for (const [at, event] of log.entries()) {
          if (walk.verdictOn(event) === 'accepted') sessions.add(withOwnLabels(event))
          if (settlesAfter[at]) settle()
        }
        const open = settle()
        const expected = reference(log, options)
        expect(open).toHaveLength(expected.sessionsOpen)
        const told = closed.map((session) => ({
          key: session.key,
          startMs: startOf(session),
          endMs: startOf(session) + durationOf(session),
          pageViews: pageViewsOf(session),
        }))
        expect(told.sort(byKeyAndStart)).toStrictEqual(expected.closedSessions)
      }),
      runs(2000),
    )
  })
})

test('an id is forgotten only when its copy is late anyway, however many are kept', () => {
  const options = { minLength: 1, maxLength: 25, size: 'max' } as const
  fc.assert(
    fc.property(referenceOptions(), fc.array(fc.nat({ max: 40_000 }), options), (drawn, steps) => {
      const rules = { ...drawn, allowedLatenessMs: 1_500, futureToleranceMs: 0, dropBots: false, aheadMs: 1_000_000 }
      let nowMs = Date.UTC(2024, 4, 1)
      const log = steps.flatMap((stepMs, index) => {
        nowMs += stepMs
        const filler = Array.from({ length: 1_000 }, (_, at) => ({ id: `${index}-${at}`, timeMs: nowMs + at }))
        return [...filler, { id: `${Math.max(0, index - 1)}-999`, timeMs: nowMs + 1_000 }]
      })
      const events = log.map((event) => ({ ...event, user: 'ann', type: 'click' as const, logTimeMs: event.timeMs }))
      const timeOf = new Map<string, number>()
      let watermarkMs = Number.NEGATIVE_INFINITY
      for (const { event, verdict, watermarkMs: after } of judge(events, rules)) {
        const knownMs = timeOf.get(event.id!)
        const isKnown = knownMs !== undefined && Math.floor(knownMs / 1_000) >= Math.floor(watermarkMs / 1_000)
        const expected = event.timeMs < watermarkMs ? 'late' : isKnown ? 'duplicate' : 'accepted'
        if (verdict !== expected) throw new Error(`${event.id} at ${event.timeMs} is ${verdict}, not ${expected}`)
        if (verdict === 'accepted') timeOf.set(event.id!, event.timeMs)
        watermarkMs = after
      }
    }),
    runs(20),
  )
})

describe('a JSON text', () => {
  test('is read as JSON.parse reads it, spaces and repeated keys included', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, '\t', '\r\n'), (value, indent) => {
        const text = JSON.stringify(value, null, indent as string)
        fc.pre(!text.includes('"__proto__"'))
        expect(plain(readJson(` ${text}\n`))).toStrictEqual({ value: JSON.parse(text) })
        expect(plain(readJson(`{"a":1,"a":${text}}`))).toStrictEqual({ value: { a: JSON.parse(text) } })
      }),
      runs(1000),
    )
  })

  test('that JSON.parse refuses is refused, and no other', () => {
    const damaged = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('', ',', '"', '\\', '0', '.', '-', 'e', '{', ']', '\n', '\u00a0', '\u0001', 't'),
      )
      .map(([text, at, sign]) => text.slice(0, at % text.length) + sign + text.slice((at % text.length) + (at % 2)))
    fc.assert(
      fc.property(damaged, (text) => {
        fc.pre(!text.includes('__proto__'))
        expect('value' in readJson(text)).toBe(parses(text))
      }),
      runs(5000),
    )
  })
})

const byKeyAndStart = (a: { key: string; startMs: number }, b: { key: string; startMs: number }): number =>
  a.key === b.key ? a.startMs - b.startMs : a.key < b.key ? -1 : 1

function plain(read: ReturnType<typeof readJson>): unknown {
  return 'value' in read ? { value: plainValue(read.value) } : read
}

function plainValue(value: Json): unknown {
  if (value instanceof NumberText) return Number(value.text)
  if (Array.isArray(value)) return value.map(plainValue)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, plainValue(member)]))
  return value
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
