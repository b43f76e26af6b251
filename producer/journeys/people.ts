import type { Faker } from '@faker-js/faker'
import { type JsonText, jsonText } from '../encoding/json-text.ts'
import type { TrafficModel } from './model.ts'
import { createShares, HUNDREDTHS, type Percentages, type Shares } from './shares.ts'
import { BOT_USER_AGENTS, browserUserAgents } from './user-agents.ts'

/** What somebody comes with and from: the same in every visit. */
export interface Traits {
  readonly userAgent: JsonText
  readonly device: JsonText
  readonly country: JsonText
}

/** Who a number stands for. Nothing is remembered: the number decides it all, however many people there are. */
export interface People {
  person(number: number): Traits
  bot(number: number): Traits
}

export function createPeople(model: Pick<TrafficModel, 'devices' | 'countries'>, seed: number, faker: Faker): People {
  const agents = browserUserAgents(faker)
  const devices = createShares(
    model.devices.map(([device, percent]) => {
      return [{ device: jsonText(device), agents: agents[device].map(jsonText) }, percent] as const
    }),
  )
  const countries = jsonShares(model.countries)
  const bots = { device: jsonText('desktop'), agents: BOT_USER_AGENTS.map(jsonText) }

  /** Device, agent and country are three hashes, or all phones would be in one country. */
  function traitsOf(number: number, { device, agents }: typeof bots): Traits {
    return {
      device,
      userAgent: agents[hash(number, seed, 2) % agents.length]!,
      country: countries.at(hash(number, seed, 3) % HUNDREDTHS),
    }
  }

  return {
    person: (number) => traitsOf(number, devices.at(hash(number, seed, 1) % HUNDREDTHS)),
    bot: (number) => traitsOf(number, bots),
  }
}

const jsonShares = (percentages: Percentages): Shares<JsonText> =>
  createShares(percentages.map(([name, percent]) => [jsonText(name), percent] as const))

/** 32 bits without pattern: integer arithmetic alone, hence equal on every machine. */
function hash(number: number, seed: number, purpose: number): number {
  let bits = Math.imul(number | 0, 0x9e3779b1) ^ Math.imul(seed | 0, 0x85ebca77) ^ Math.imul(purpose, 0xc2b2ae3d)
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d)
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39)
  return (bits ^ (bits >>> 15)) >>> 0
}
