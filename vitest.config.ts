import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-server.ts'],
    // Each file has its own database and may start whole services of its own; much of the time is spent waiting for them.
    maxWorkers: 3,
    // Our code has no state at module level, so files may share a process; loading everything again for each of them would
    // cost a third of the time.
    isolate: false,
    // Many times what the slowest takes, and the only limits there are: a machine that is busy with something else must not fail
    // a test. So a test waits with `expect.poll`, without a limit of its own, and never asserts how long something took.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 120_000 } },
  },
})
