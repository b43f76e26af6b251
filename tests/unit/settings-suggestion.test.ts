import { expect, test } from 'vitest'
import { suggestion } from '../../consumer/settings/suggestion.ts'

const words = ['session-gap', 'session-key', 'port', 'host', 'on', 'off']

test.each([
  ['session-gpa', 'session-gap'],
  ['session_gap', 'session-gap'],
  ['sessionGap', 'session-gap'],
  ['sesion-key', 'session-key'],
  ['ports', 'port'],
  ['prot', 'port'],
  ['HOST', 'host'],
])('%s is meant as %s', (word, meant) => {
  expect(suggestion(word, words)).toBe(` (did you mean ${meant}?)`)
})

test.each(['no', 'xyz', 'retention', ''])('%j is like none of them', (word) => {
  expect(suggestion(word, words)).toBe('')
})

test('of several the nearest is meant', () => {
  expect(suggestion('log-kep', ['log-level', 'log-keep', 'log-file'])).toBe(' (did you mean log-keep?)')
})
