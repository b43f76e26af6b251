import { readFileSync } from 'node:fs'
import { RefusedSettings } from '../../consumer/settings/fault.ts'
import { parseTrafficModel } from './model-file.ts'
import type { Move, Place } from './moves.ts'
import type { Percentages } from './shares.ts'
import type { Device } from './user-agents.ts'

export interface JourneyPlan {
  readonly name: string
  /** Shortest and longest time between two events of a visit. Milliseconds. */
  readonly thinkMs: readonly [shortest: number, longest: number]
  readonly bouncePercent: number
  /** What is done next at every place that can be reached: percentages that add up to 100. */
  readonly moves: Readonly<Partial<Record<Place, Percentages<Move>>>>
}

export interface Campaign {
  readonly name: string
  readonly source: string
  readonly medium: string
}

/** Who comes to the shop, what they do there, and when. shop.yaml says what each part means. */
export interface TrafficModel {
  readonly mix: readonly (readonly [journey: JourneyPlan, percent: number])[]
  readonly bot: JourneyPlan
  /** What is done on the first page by those who bounce. */
  readonly bounced: Percentages<Move>
  readonly site: {
    readonly products: number
    readonly categories: number
    /** Whole units of the currency: no price is below the first or above the second. */
    readonly priceFrom: number
    readonly priceTo: number
    readonly currency: string
  }
  readonly devices: Percentages<Device>
  readonly countries: Percentages
  /** The percentages may leave a rest: visits without a campaign. */
  readonly campaigns: readonly (readonly [campaign: Campaign, percent: number])[]
  readonly viral: Campaign & { readonly bouncePercent: number }
  readonly returningPercent: number
  /** A factor for each hour of the day (UTC), their mean 1. */
  readonly dayCurve: readonly number[]
}

const SHOP = new URL('./shop.yaml', import.meta.url)

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, check the path',
  EISDIR: 'is a folder, name the YAML file in it',
  EACCES: 'no permission to read it, change its mode or owner',
}

/**
 * The shop's traffic, with what the YAML file at `path` says otherwise.
 * @throws {RefusedSettings} with all the faults of the file, or that it cannot be read.
 */
export function loadTrafficModel(path?: string): TrafficModel {
  const shop = { text: readFileSync(SHOP, 'utf8'), name: 'shop.yaml' }
  if (path === undefined) return modelOf(parseTrafficModel([shop]))
  return modelOf(parseTrafficModel([shop, { text: readModel(path), name: path }]))
}

function modelOf(parsed: ReturnType<typeof parseTrafficModel>): TrafficModel {
  if ('faults' in parsed) throw new RefusedSettings(parsed.faults)
  return parsed.model
}

function readModel(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new RefusedSettings([
      { setting: 'model', value: path, fix: UNREADABLE[code] ?? `cannot be read (${message})` },
    ])
  }
}
