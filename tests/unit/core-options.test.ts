import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUILT_IN_DIALECTS, type Dialect } from '../../consumer/contract/dialects.ts'
import { type CoreOptions, optionsFromText, optionsToText } from '../../consumer/core/options.ts'
import { referenceOptions } from '../arbitraries.ts'
import { aReferenceRun, coreOptions } from '../core-run.ts'
import { runs } from '../property/runs.ts'

const someOptions = coreOptions(aReferenceRun())

/** The same data with every object's keys the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, entry]) => [key, reversed(entry)]),
  )
}

describe('options as text', () => {
  test('come back as they were, Infinity included', () => {
    const options = {
      ...someOptions,
      allowedLatenessMs: Number.POSITIVE_INFINITY,
      aheadLimitMs: Number.POSITIVE_INFINITY,
    }
    expect(optionsFromText(optionsToText(options))).toStrictEqual(options)
    expect(optionsToText(options)).not.toContain('null')
  })

  test('come back whatever they were, and to the same text', () => {
    const dialects = fc.constantFrom<(Dialect | 'auto')[]>('auto', ...Object.values(BUILT_IN_DIALECTS))
    const words = fc.oneof(fc.string(), fc.constantFrom('Infinity', '__proto__', 'gapMs'))
    fc.assert(
      fc.property(referenceOptions(), dialects, fc.array(words), (drawn, dialect, pages) => {
        const options: CoreOptions = { ...coreOptions(drawn), dialect, pages }
        const text = optionsToText(options)
        expect(optionsFromText(text)).toStrictEqual(options)
        expect(optionsToText(optionsFromText(text))).toBe(text)
        expect(text).not.toContain('\n')
      }),
      runs(1000),
    )
  })

  test('are the same text in whatever order their keys stand', () => {
    const turned = reversed(someOptions) as CoreOptions
    expect(Object.keys(turned)).not.toStrictEqual(Object.keys(someOptions))
    expect(optionsToText(turned)).toBe(optionsToText(someOptions))
  })

  test('are the same text whether an optional value is undefined or missing', () => {
    const step = { name: 'view', event: 'page_view' as const }
    const funnels = (steps: readonly object[]): CoreOptions =>
      ({ ...someOptions, funnels: [{ name: 'f', steps }] }) as CoreOptions
    expect(optionsToText(funnels([{ ...step, page: undefined }]))).toBe(optionsToText(funnels([step])))
  })

  test('are another text when the order of a list changes', () => {
    const listed = (pages: readonly string[]): string => optionsToText({ ...someOptions, pages })
    expect(listed(['/a', '/b'])).not.toBe(listed(['/b', '/a']))
  })

  test.each<Partial<CoreOptions>>([
    { sessionGapMs: 1_800_001 },
    { allowedLatenessMs: Number.POSITIVE_INFINITY },
    { futureToleranceMs: 0 },
    { aheadLimitMs: 1 },
    { aheadUsers: 4 },
    { sessionKey: 'session' },
    { defaultCurrency: 'EUR' },
    { dedupeRows: true },
    { dropBots: true },
    { maxPages: 99 },
    { pages: ['/home'] },
    { keyEvents: [] },
    { engagedAfterMs: 0 },
    { funnels: [] },
    { dialect: 'auto' },
    { maxRecordBytes: 1 },
  ])('are another text with %j', (change) => {
    expect(optionsToText({ ...someOptions, ...change })).not.toBe(optionsToText(someOptions))
  })
})
