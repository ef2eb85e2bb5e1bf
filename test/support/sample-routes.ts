import { createRoutes } from '../../src/app/routes.ts'
import { createPageCursors } from '../../src/http/page-cursor.ts'
import type { Route } from '../../src/http/route.ts'
import { openDatabase } from '../../src/postgres/open-database.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

/** The table of routes, to be looked at: nothing behind it can be reached, and nothing is asked. */
export function sampleRoutes(): Route[] {
  const db = openDatabase({
    connectionString: 'postgres://nobody@localhost:1/nothing',
    maxConnections: 1,
    maxWaiting: 1,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 1_000,
    onIdleError: () => {},
    onRefusedSettings: () => {},
    onLossyCommits: () => {},
  })
  return createRoutes({
    db,
    healthDb: db,
    secrets: maskingSecrets(),
    pageCursors: createPageCursors(Buffer.alloc(32)),
    feeds: {
      join: async () => Promise.reject(new Error('Nobody listens.')),
      stored: () => {},
      stop: async () => {},
    },
    webhooks: {
      endpoints: [],
      workspaces: {
        all: () => [],
        byKey: () => ({ key: '', id: null, learnedFrom: null }),
        learn: async () => '',
      },
      commit: { submit: async () => {}, drain: async () => {} },
      readBody: async () => Buffer.alloc(0),
      refused: () => {},
    },
    settingsOf: () => ({
      backfillSince: { kind: 'ago', duration: 0n },
      hasCredentials: false,
      hasWebhookSecret: false,
    }),
    pendingRefusals: () => [],
    polledWorkspaceIds: () => [],
    canReceive: true,
    timeZone: 'UTC',
  })
}
