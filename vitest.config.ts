import { defineConfig } from 'vitest/config'

const enough = { lines: 90 }

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/kafka/global-setup.ts'],
    // Most of the time is waiting, for brokers and for processes that were killed.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    coverage: {
      provider: 'v8',
      include: ['consumer/**/*.ts', 'producer/**/*.ts'],
      reporter: ['text-summary', 'text'],
      reportOnFailure: true,
      thresholds: { 'consumer/**': enough, 'producer/**': enough },
    },
  },
})
