import type { TestProject } from 'vitest/node'
import { shareBroker } from './shared-broker.ts'

declare module 'vitest' {
  interface ProvidedContext {
    brokerShare: string
  }
}

/** Runs once, in vitest's own process, so that the broker outlives the test file that asked for it first. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const share = await shareBroker()
  project.provide('brokerShare', share.url)
  return share.close
}
