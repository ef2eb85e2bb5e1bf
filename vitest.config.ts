import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-server.ts'],
    // Each file has its own database and may start whole services; much of its time is spent waiting for them.
    maxWorkers: 3,
    // Our code has no state at module level, so files may share a process. Loading everything again for each file would
    // take a third of the time.
    isolate: false,
    // Many times what the slowest test takes, because a busy machine must not fail a test. There is no other limit: a test waits with
    // `expect.poll`, without a limit of its own, and never asserts how long something took.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 120_000 } },
  },
})
