import { describe, expect, test } from 'vitest'
import { CHOSEN_PANELS, COLUMNS } from '../../scripts/pictures/chosen-panels.ts'
import { panelOf, readDashboard } from '../../scripts/pictures/dashboard.ts'
import type { Answer } from '../../scripts/pictures/draw/drawing.ts'
import { legend } from '../../scripts/pictures/draw/legend.ts'
import { SERIES } from '../../scripts/pictures/draw/look.ts'
import { drawPicture } from '../../scripts/pictures/draw/picture.ts'
import { cutTo, widthOf } from '../../scripts/pictures/draw/svg.ts'
import { type Series, timesOf } from '../../scripts/pictures/series.ts'

const PERIOD = { start: 1_767_171_600, end: 1_767_171_660, step: 1 }
const STEPS = timesOf(PERIOD).length
const BOUNDS = ['0.5', '5', '30', '+Inf']

const rising = (name: string, slope: number): Series => ({
  name,
  values: Array.from({ length: STEPS }, (_, step) => step * slope),
})

/** Lines, cumulative buckets, states or single values, as the panel's type wants them. */
function seriesFor(type: string): Series[] {
  if (type === 'timeseries') return [rising('few <and> far', 1), rising('many & near', 20)]
  if (type === 'heatmap') return BOUNDS.map((bound, row) => rising(bound, row + 1))
  if (type === 'state-timeline')
    return [{ name: 'partition 0', values: Array.from({ length: STEPS }, (_, step) => (step < 20 ? 0 : 1)) }]
  return [{ name: 'one', values: [1_234] }]
}

function pictureOf(file: string, seriesOf: (type: string) => Series[]): string {
  const { rows } = CHOSEN_PANELS.find((chosen) => chosen.file === file)!
  const dashboard = readDashboard(file)
  const answers = new Map<string, readonly Answer[]>()
  for (const [title] of rows.flatMap(({ panels }) => panels)) {
    const { type, targets } = panelOf(dashboard, title)
    answers.set(
      title,
      targets.map(({ refId }) => ({ refId, series: seriesOf(type) })),
    )
  }
  const fired = [{ from: PERIOD.start + 10, to: PERIOD.start + 20 }]
  return drawPicture({ dashboard, rows, answers, fired, period: PERIOD, shown: 'job shop', note: undefined })
}

/** The texts of the document in their order. @throws {Error} where an element is not closed, or an entity is unknown */
function textsOf(svg: string): string[] {
  const open: string[] = []
  const texts: string[] = []
  for (const [, closing, name, attributes, selfClosing, text] of svg.matchAll(
    /<(\/?)([A-Za-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<>]+)/g,
  )) {
    if (text !== undefined) {
      if (/&(?!amp;|lt;|gt;|quot;)/.test(text)) throw new Error(`unknown entity in ${text}`)
      if (open.at(-1) === 'text') texts.push(text)
    } else if (closing) {
      if (open.pop() !== name) throw new Error(`</${name}> closes something else`)
    } else {
      const names = [...attributes!.matchAll(/\s([\w:-]+)=/g)].map(([, attribute]) => attribute)
      if (new Set(names).size < names.length) throw new Error(`<${name}> has an attribute twice`)
      if (!selfClosing) open.push(name!)
    }
  }
  const rest = svg.replaceAll(/<\/?[A-Za-z]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>|[^<>]+/g, '')
  if (rest !== '' || open.length > 0) throw new Error(`no SVG: ${rest} ${open.join(' ')}`)
  return texts
}

const files = CHOSEN_PANELS.map(({ file }) => file)
const titlesOf = (file: string): string[] =>
  CHOSEN_PANELS.find((chosen) => chosen.file === file)!.rows.flatMap(({ panels }) => panels.map(([title]) => title))

describe.each(files)('the picture of %s', (file) => {
  test('is one SVG with the titles of its panels in it, and says what it is not', () => {
    const texts = textsOf(pictureOf(file, seriesFor))
    expect(texts).toEqual(expect.arrayContaining(titlesOf(file)))
    expect(texts).toContain(readDashboard(file).title)
    expect(texts.at(-1)).toMatch(/^drawn by npm run pictures .* not a screenshot of Grafana$/)
    expect(texts).not.toContain('no data')
  })

  test('is the same for the same data, whatever was drawn before', () => {
    expect(pictureOf(file, seriesFor)).toBe(pictureOf(file, seriesFor))
  })

  test('refers to places that are in it, each there once', () => {
    const svg = pictureOf(file, seriesFor)
    const ids = [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const used = [...svg.matchAll(/url\(#([^)]+)\)/g)].map(([, id]) => id)
    expect(ids).toEqual(expect.arrayContaining(used))
  })

  test('says of every panel without figures that it has none', () => {
    const withoutAny = textsOf(pictureOf(file, () => []))
    const withoutNumbers = textsOf(pictureOf(file, () => [{ name: 'x', values: [null, null] }]))
    expect(withoutNumbers).toStrictEqual(withoutAny)
    const empty = withoutAny.filter((text) => text === 'no data' || text === 'no earlier data')
    expect(empty).toHaveLength(titlesOf(file).length)
  })

  test('draws what is 0 throughout', () => {
    const zeros = (type: string): Series[] =>
      seriesFor(type).map(({ name, values }) => ({ name, values: values.map(() => 0) }))
    expect(textsOf(pictureOf(file, zeros))).toEqual(expect.arrayContaining(titlesOf(file)))
  })

  test('has rows that fill the width, of panels that the dashboard has', () => {
    const { rows } = CHOSEN_PANELS.find((chosen) => chosen.file === file)!
    for (const { panels } of rows) expect(panels.reduce((sum, [, columns]) => sum + columns, 0)).toBe(COLUMNS)
    expect(() => panelOf(readDashboard(file), 'Weather')).toThrow('has no panel "Weather"')
  })
})

test('lines beyond the colours are counted, and the largest are named', () => {
  const many = Array.from({ length: SERIES.length + 3 }, (_, index) => rising(`page ${index}`, index))
  const texts = textsOf(pictureOf('overview.json', (type) => (type === 'timeseries' ? many : [])))
  expect(texts).toContain(`page ${many.length - 1}`)
  expect(texts).not.toContain('page 2')
  expect(texts).toContain('3 more')
})

test('a legend takes as many rows as its names need', () => {
  const entries = ['one', 'two', 'three'].map((name) => ({ name, colour: 'black' }))
  const oneRow = legend(entries, 0, 400).height
  expect(legend(entries, 0, 60).height).toBe(3 * oneRow)
})

test('a text is cut where it would become too wide', () => {
  const style = { size: 12 }
  expect(cutTo(400, 'CheckoutConversionBurn', style)).toBe('CheckoutConversionBurn')
  const cut = cutTo(60, 'CheckoutConversionBurn', style)
  expect(cut).toMatch(/^Checkout?.*…$/)
  expect(widthOf(cut, style)).toBeLessThanOrEqual(60)
})
