import type { Faker } from '@faker-js/faker'

export const DEVICES = ['desktop', 'mobile', 'tablet'] as const
export type Device = (typeof DEVICES)[number]

const AGENTS_PER_DEVICE = 24

/** Browsers of each device, the same for every run of a seed. */
export function browserUserAgents(faker: Faker): Readonly<Record<Device, readonly string[]>> {
  const agentsOf = (device: Device): readonly string[] =>
    faker.helpers.uniqueArray(() => browserUserAgent(faker, device), AGENTS_PER_DEVICE)
  return { desktop: agentsOf('desktop'), mobile: agentsOf('mobile'), tablet: agentsOf('tablet') }
}

/** Crawlers say who they are: with bot filtering on they are dropped. */
export const BOT_USER_AGENTS: readonly string[] = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
  'Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)',
]

/** Faker also makes crawlers; with bot filtering on they would be dropped, and the visitors here are people. */
function browserUserAgent(faker: Faker, device: Device): string {
  const agent = faker.internet.userAgent()
  const isBrowser = agent.startsWith('Mozilla/') && !agent.includes('(compatible')
  return isBrowser && deviceOf(agent) === device ? agent : browserUserAgent(faker, device)
}

/** Galaxy tablets are the only tablets that Faker knows: they are called SM-T… and SM-X…. */
function deviceOf(agent: string): Device {
  if (/\bSM-[TX]/.test(agent)) return 'tablet'
  return /\b(Mobile|Android|iPhone)\b/.test(agent) ? 'mobile' : 'desktop'
}
