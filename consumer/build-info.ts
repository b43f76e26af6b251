import { readFileSync } from 'node:fs'
import { Gauge, PREFIX, type Registry } from './expose/registry.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

export const VERSION = version

export function registerBuildInfo(registry: Registry): void {
  new Gauge({
    name: `${PREFIX}build_info`,
    help: 'Always 1; the version is in the labels.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version: VERSION, node: process.versions.node }, 1)
}
