import { describe, expect, test } from 'vitest'
import { at } from '../builders.ts'
import { reportText } from '../scenarios/report.ts'
import { type FiredAlert, isPassed, judge, type Trial } from '../scenarios/verdict.ts'

const drop: Trial = {
  name: 'traffic-drop',
  expected: [{ name: 'TrafficAnomaly', labels: { direction: 'drop' } }],
  fromMs: at('09:00:00'),
  toMs: at('09:01:00'),
}
const control: Trial = { ...drop, name: 'control', expected: [] }

/** A drop of traffic from the tenth second on, over five seconds after the scenario is. */
const aDrop = (words: Partial<FiredAlert> = {}): FiredAlert => ({
  id: 'a',
  name: 'TrafficAnomaly',
  labels: { direction: 'drop', topic: 'traffic-drop' },
  startedMs: at('09:00:10'),
  endedMs: at('09:01:05'),
  ...words,
})

describe('a scenario passes', () => {
  test.each<[string, Trial, FiredAlert[]]>([
    ['when what is listed fired and is over', drop, [aDrop()]],
    ['when it fired twice', drop, [aDrop({ endedMs: at('09:00:20') }), aDrop({ startedMs: at('09:00:40') })]],
    ['with nothing, when nothing is listed', control, []],
  ])('%s', (_, trial, alerts) => {
    expect(isPassed(judge(trial, alerts))).toBe(true)
  })
})

describe('a scenario fails', () => {
  const spike = aDrop({ labels: { direction: 'spike' } })
  const early = aDrop({ startedMs: at('08:59:59') })
  const open = aDrop({ endedMs: undefined })
  test.each<[string, Trial, FiredAlert[], object]>([
    ['when nothing fired', drop, [], { missing: drop.expected }],
    ['when another of the same name fired', drop, [spike], { missing: drop.expected, unexpected: [spike] }],
    ['when another fired besides', drop, [aDrop(), spike], { missing: [], unexpected: [spike] }],
    ['when it fired before there was a reason', drop, [early], { missing: drop.expected, unexpected: [early] }],
    ['when it still fires', drop, [open], { missing: [], unexpected: [], unresolved: [open] }],
    ['when anything fired and nothing is listed', control, [aDrop()], { unexpected: [aDrop()] }],
  ])('%s', (_, trial, alerts, faults) => {
    const verdict = judge(trial, alerts)
    expect(verdict).toMatchObject(faults)
    expect(isPassed(verdict)).toBe(false)
  })
})

test('the times are those of the last of the listed alerts, from the beginning and from the end', () => {
  const both = { ...drop, expected: [...drop.expected, { name: 'BadData', labels: {} }] }
  const late = [{ startedMs: at('09:00:30') }, { startedMs: at('09:00:50'), endedMs: at('09:01:20') }]
  const alerts = [aDrop(), ...late.map((times) => aDrop({ name: 'BadData', ...times }))]
  expect(judge(both, alerts)).toMatchObject({ firedAfterMs: 30_000, resolvedAfterMs: 20_000 })
})

describe('the report', () => {
  const outcome = { trials: [control, drop], silenced: [{ name: 'BadData', labels: { topic: 'traffic-drop' } }] }

  test('is a table, and the figure as the last line', () => {
    expect(reportText({ ...outcome, fired: [aDrop()] }, 7)).toStrictEqual({
      passed: true,
      text: `scenario      expected                          fired           silenced  to fire  to resolve
control       none                              none            none
traffic-drop  TrafficAnomaly{direction="drop"}  TrafficAnomaly  BadData   10 s     5 s
scenarios: PASS, 1 scenarios and the control, 1 alerts as listed, 0 otherwise; seed 7`,
    })
  })

  test.each<[string, FiredAlert[], string]>([
    ['what did not fire', [], 'traffic-drop: TrafficAnomaly{direction="drop"} did not fire'],
    [
      'what is not listed',
      [aDrop(), aDrop({ name: 'BadData', labels: { reason: 'late', topic: 'control' } })],
      'control: BadData{reason="late"} fired and is not listed',
    ],
    ['what still fires', [aDrop({ endedMs: undefined })], 'TrafficAnomaly{direction="drop"} still fires'],
    [
      'what belongs to no topic',
      [aDrop(), aDrop({ name: 'ExporterDown', labels: { what: 'job' } })],
      'ExporterDown{what="job"} fired, of no topic',
    ],
  ])('names %s, and fails', (_, alerts, line) => {
    const { text, passed } = reportText({ ...outcome, fired: alerts }, 7)
    expect(passed).toBe(false)
    expect(text).toContain(line)
    expect(text.split('\n').at(-1)).toMatch(/^scenarios: FAIL, 1 scenarios and the control, .* 1 otherwise; seed 7$/)
  })
})
