import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { z } from 'zod'
import type { SettingsFault } from '../../consumer/settings/fault.ts'
import { suggestion } from '../../consumer/settings/suggestion.ts'
import { normalised } from './day-curve.ts'
import type { JourneyPlan, TrafficModel } from './model.ts'
import { isSection, layered, withEverywhere } from './model-layers.ts'
import { modelSchema, type WrittenModel } from './model-schema.ts'
import type { Percentages } from './shares.ts'

export interface ModelFile {
  readonly text: string
  /** As faults name it. */
  readonly name: string
}

type Path = readonly PropertyKey[]

/**
 * The model that the files describe together, a later file wins. Either the model or every fault with its line in
 * the last file and what to write instead.
 */
export function parseTrafficModel(
  files: readonly ModelFile[],
): { readonly model: TrafficModel } | { readonly faults: readonly SettingsFault[] } {
  let written: unknown = {}
  let document: ReadDocument | undefined
  for (const file of files) {
    document = new ReadDocument(file)
    if (document.faults.length > 0) return { faults: document.faults }
    written = layered(written, document.content)
  }
  const whole = withEverywhere(written)
  const parsed = modelSchema.safeParse(whole)
  const issues = saidOnce([...(parsed.error?.issues ?? []).flatMap(plainIssues), ...unknownJourneys(whole)])
  if (parsed.success && issues.length === 0) return { model: modelOf(parsed.data) }
  return { faults: issues.map(({ path, fix }) => document!.fault(path, fix)).toSorted(byLine) }
}

const lineOf = ({ from = '' }: SettingsFault): number => Number(from.slice(from.lastIndexOf(':') + 1))

const byLine = (a: SettingsFault, b: SettingsFault): number => lineOf(a) - lineOf(b)

interface PlainIssue {
  readonly path: Path
  readonly fix: string
}

/** Keys that are not known are faults of their own lines; a key that is wrong says itself why. */
function plainIssues(issue: z.core.$ZodIssue): readonly PlainIssue[] {
  if (issue.code === 'unrecognized_keys') {
    const known = /one of (.*)$/.exec(issue.message)?.[1]?.split(', ') ?? []
    return issue.keys.map((key) => ({ path: [...issue.path, key], fix: issue.message + suggestion(key, known) }))
  }
  const fix = issue.code === 'invalid_key' ? issue.issues[0]!.message : issue.message
  return [{ path: issue.path, fix }]
}

/** A fault of `everywhere` is in all the journeys that take the place from there. */
function saidOnce(issues: readonly PlainIssue[]): readonly PlainIssue[] {
  const said = new Set(
    issues.filter(({ path }) => path[0] === 'everywhere').map(({ path, fix }) => `${path.slice(1).join('.')}: ${fix}`),
  )
  return issues.filter(({ path, fix }) => {
    const at = path.indexOf('moves')
    return at < 0 || !said.has(`${path.slice(at + 1).join('.')}: ${fix}`)
  })
}

function unknownJourneys(model: unknown): readonly PlainIssue[] {
  if (!isSection(model) || !isSection(model.mix) || !isSection(model.journeys)) return []
  const known = Object.keys(model.journeys)
  return Object.keys(model.mix)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: ['mix', name],
      fix: `there is no such journey, describe it under journeys: or take it out${suggestion(name, known)}`,
    }))
}

class ReadDocument {
  readonly faults: readonly SettingsFault[]
  readonly #name: string
  readonly #lines = new LineCounter()
  readonly #document: Document

  constructor({ text, name }: ModelFile) {
    this.#name = name
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false })
    this.faults = this.#document.errors.map(({ code, message, pos }) => ({
      from: this.#at(pos[0]),
      fix: code === 'DUPLICATE_KEY' ? 'this key stands there twice, take one out' : `not YAML: ${message}`,
    }))
    const { contents } = this.#document
    if (this.faults.length === 0 && contents !== null && !isMap(contents)) {
      this.faults = [{ from: `${name}:1`, fix: 'write a section as key: value, such as returning_percent: 40' }]
    }
  }

  /** An empty file changes nothing. */
  get content(): unknown {
    return this.#document.toJS() ?? {}
  }

  /** Names the line of the path, or of the section that lacks it. */
  fault(path: Path, fix: string): SettingsFault {
    let node: unknown = this.#document.contents
    let offset = 0
    let found = 0
    for (const name of path) {
      const next = childOf(isAlias(node) ? node.resolve(this.#document) : node, name)
      if (next === undefined) break
      offset = next.offset
      node = next.node
      found += 1
    }
    const value = found === path.length && isScalar(node) ? { value: String(node.source ?? node.value) } : {}
    return { setting: path.map(String).join('.'), from: this.#at(offset), ...value, fix }
  }

  #at(offset: number): string {
    return `${this.#name}:${this.#lines.linePos(offset).line}`
  }
}

function childOf(node: unknown, name: PropertyKey): { readonly node: unknown; readonly offset: number } | undefined {
  if (isSeq<Node>(node)) {
    const item = node.items[Number(name)]
    return item === undefined ? undefined : { node: item, offset: item.range?.[0] ?? 0 }
  }
  if (!isMap<Node>(node)) return undefined
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name)
  return pair === undefined ? undefined : { node: pair.value, offset: pair.key.range?.[0] ?? 0 }
}

function modelOf(written: WrittenModel): TrafficModel {
  const { site, viral, journeys } = written
  const plans = new Map(Object.entries(journeys).map(([name, journey]) => [name, planOf(name, journey)]))
  return Object.freeze({
    mix: Object.entries(written.mix).map(([name, percent]) => [plans.get(name)!, percent] as const),
    bot: planOf('bot', { ...written.bot, bounce_percent: 0 }),
    bounced: percentagesOf(written.bounced),
    site: {
      products: site.products,
      categories: site.categories,
      priceFrom: site.price_from,
      priceTo: site.price_to,
      currency: site.currency,
    },
    devices: percentagesOf(written.devices),
    countries: percentagesOf(written.countries),
    campaigns: Object.entries(written.campaigns).map(
      ([name, { percent, source, medium }]) => [{ name, source, medium }, percent] as const,
    ),
    viral: { name: viral.campaign, source: viral.source, medium: viral.medium, bouncePercent: viral.bounce_percent },
    returningPercent: written.returning_percent,
    dayCurve: normalised(written.day_curve),
  })
}

function planOf(name: string, { think_seconds, bounce_percent, moves }: WrittenModel['journeys'][string]): JourneyPlan {
  const [shortest, longest] = think_seconds
  return {
    name,
    thinkMs: [Math.round(shortest * 1000), Math.round(longest * 1000)],
    bouncePercent: bounce_percent,
    moves: Object.fromEntries(
      Object.entries(moves).map(([place, shares]) => [place, percentagesOf(shares!)]),
    ) as JourneyPlan['moves'],
  }
}

const percentagesOf = <Name extends string>(
  shares: Readonly<Partial<Record<Name, number | undefined>>>,
): Percentages<Name> => (Object.entries(shares) as [Name, number][]).filter(([, percent]) => percent > 0)
