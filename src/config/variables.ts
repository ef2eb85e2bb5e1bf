import type { z } from 'zod'
import * as check from './checks.ts'
import { databaseUrl } from './database-url.ts'

/**
 * One environment variable. This table is the only place to add one: parsing, the type of the settings, `seam-mirror config` and (by a
 * test) the README's table come from it.
 */
export interface Variable {
  name: string
  /** A second spelling that other programs use. It wins when both are set, as in Node. */
  alias?: string
  /** The setting's name in the code. */
  field: string
  /** Turns the text into the value; its messages complete the sentence "NAME …". */
  check: z.ZodType
  /** As a user would write it. Without a default it is null, and so is the setting. */
  default: string | null
  /** What the README says about the default when the value alone does not explain it. */
  defaultMeaning?: string
  meaning: string
  /** Never printed. */
  secret?: true
}

export const VARIABLES = [
  {
    name: 'PORT',
    field: 'port',
    check: check.port,
    default: '3000',
    meaning: 'port to listen on; 0 takes a free one',
  },
  {
    name: 'HOST',
    field: 'host',
    check: check.listenAddress,
    default: null,
    defaultMeaning: 'all interfaces',
    meaning: 'address to listen on',
  },
  {
    name: 'DATABASE_URL',
    field: 'databaseUrl',
    check: databaseUrl,
    default: null,
    defaultMeaning: 'an embedded Postgres below `SEAM_MIRROR_DATA_DIR`',
    meaning: 'Postgres 14 or newer',
  },
  {
    name: 'SEAM_MIRROR_DATA_DIR',
    field: 'dataDir',
    check: check.text,
    default: '.data',
    meaning: 'folder of the embedded database and of keys generated for it',
  },
  {
    name: 'SEAM_API_KEY',
    field: 'seamApiKey',
    check: check.apiKey,
    default: null,
    defaultMeaning: 'none: no polling',
    meaning: "the workspace's Seam API key",
    secret: true,
  },
  {
    name: 'SEAM_PERSONAL_ACCESS_TOKEN',
    field: 'seamPersonalAccessToken',
    check: check.personalAccessToken,
    default: null,
    meaning: 'instead of `SEAM_API_KEY`; needs `SEAM_WORKSPACE_ID`',
    secret: true,
  },
  {
    name: 'SEAM_WORKSPACE_ID',
    field: 'seamWorkspaceId',
    check: check.uuid,
    default: null,
    defaultMeaning: 'asked of Seam, or taken from the first verified webhook',
    meaning: 'id of the workspace',
  },
  {
    name: 'SEAM_ENDPOINT',
    field: 'seamEndpoint',
    check: check.endpoint,
    default: 'https://connect.getseam.com',
    meaning: "Seam's API",
  },
  {
    name: 'SEAM_WEBHOOK_SECRET',
    field: 'seamWebhookSecrets',
    check: check.list(check.webhookSecret),
    default: null,
    defaultMeaning: 'none: the webhook route answers 404 and says why',
    meaning: 'one or more `whsec_…`, comma-separated; while one is being replaced, any may match',
    secret: true,
  },
  {
    name: 'SEAM_MIRROR_WORKSPACES_FILE',
    field: 'workspacesFile',
    check: check.text,
    default: null,
    meaning: 'JSON file for several workspaces; replaces the variables of the single one',
  },
  {
    name: 'SEAM_MIRROR_API_KEY',
    field: 'mirrorApiKey',
    check: check.mirrorApiKey,
    default: null,
    defaultMeaning: 'none: only keys made with `seam-mirror keys create`',
    meaning:
      'a key of the read API for the first steps: it opens all configured workspaces and shows no secrets; 24 to 128 characters that begin with `seam_`',
    secret: true,
  },
  {
    name: 'SEAM_MIRROR_SECRETS_KEY',
    field: 'secretsKeys',
    check: check.list(check.secretsKey),
    default: null,
    defaultMeaning:
      'made in the data dir for the embedded database; otherwise none: secrets are masked and not kept',
    meaning:
      'encrypts PINs and tokens: 32 bytes as base64; to rotate it, set several, comma-separated: the first encrypts, all decrypt',
    secret: true,
  },
  {
    name: 'SEAM_MIRROR_CORS_ORIGINS',
    field: 'corsOrigins',
    check: check.list(check.webOrigin),
    default: null,
    defaultMeaning: 'none',
    meaning:
      'origins whose pages may ask the read API from a browser (CORS), comma-separated: `https://dashboard.example.com`',
  },
  {
    name: 'SEAM_MIRROR_POLL_SCHEDULE',
    field: 'pollSchedule',
    check: check.cron,
    default: '*/30 * * * * *',
    meaning: 'when to poll: a cron expression in UTC, seconds allowed',
  },
  {
    name: 'SEAM_MIRROR_SETTLE_SECONDS',
    field: 'settleSeconds',
    check: check.count(0, 86_400),
    default: '300',
    meaning: 'how long after its `created_at` an event may still become visible in `events.list`',
  },
  {
    name: 'SEAM_MIRROR_BACKFILL_SINCE',
    field: 'backfillSince',
    check: check.backfillSince,
    default: '30d',
    meaning:
      'how far back the copy must reach: an RFC 3339 instant from 1970 until now, or a duration (`12h`, `30d`, `8w`)',
  },
  {
    name: 'SEAM_MIRROR_AUDIT_SCHEDULE',
    field: 'auditSchedule',
    check: check.cron,
    default: '0 0 3 * * *',
    meaning: 'when to read covered time again (audit): a cron expression in UTC, seconds allowed',
  },
  {
    name: 'SEAM_MIRROR_AUDIT_LOOKBACK_HOURS',
    field: 'auditLookbackHours',
    check: check.count(1, 8760),
    default: '30',
    meaning: 'how many hours before the end of coverage an audit begins',
  },
  {
    name: 'SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE',
    field: 'clientSessionsSchedule',
    check: check.cron,
    default: '0 */5 * * * *',
    meaning: 'when to copy the client sessions: a cron expression in UTC',
  },
  {
    name: 'SEAM_MIRROR_TIME_ZONE',
    field: 'timeZone',
    check: check.timeZone,
    default: 'UTC',
    meaning:
      "the property's time zone, by its IANA name (`Europe/Berlin`): days of statistics begin at its midnight, unless a question names another",
  },
  {
    name: 'SEAM_MIRROR_NAMES_SCHEDULE',
    field: 'namesSchedule',
    check: check.cronOrOff,
    default: '0 */10 * * * *',
    meaning:
      'when to copy the names of devices, people, spaces and the like: a cron expression in UTC, or `off`; events about names are applied within seconds',
  },
  {
    name: 'HTTPS_PROXY',
    alias: 'https_proxy',
    field: 'httpsProxy',
    check: check.proxyUrl,
    default: null,
    defaultMeaning: 'none: Seam is asked directly',
    meaning: 'HTTP proxy that Seam is asked through: `http://[user:password@]host:port`',
  },
  {
    name: 'HTTP_PROXY',
    alias: 'http_proxy',
    field: 'httpProxy',
    check: check.proxyUrl,
    default: null,
    meaning: 'the same for a `SEAM_ENDPOINT` that begins with `http://`',
  },
  {
    name: 'NO_PROXY',
    alias: 'no_proxy',
    field: 'noProxy',
    check: check.text,
    default: null,
    meaning: 'hosts that are asked directly in spite of the proxy, comma-separated',
  },
  {
    name: 'SEAM_MIRROR_TRUST_PROXY',
    field: 'trustProxy',
    check: check.trustProxy,
    default: null,
    defaultMeaning: 'none: callers have the addresses of their connections',
    meaning:
      "which proxies' `X-Forwarded-For` is believed about a caller's address: how many proxies stand in front, or their addresses and networks, comma-separated (`10.0.0.0/8`, `loopback`); used for the log and for slowing down failed attempts",
  },
  {
    name: 'LOG_LEVEL',
    field: 'logLevel',
    check: check.logLevel,
    default: 'info',
    meaning: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
  },
] as const satisfies readonly Variable[]

type Row = (typeof VARIABLES)[number]

/** The checked values by their names in the code. */
export type Settings = {
  readonly [Each in Row as Each['field']]:
    | z.output<Each['check']>
    | (Each['default'] extends null ? null : never)
}

/** The text of a variable; null when it is missing or blank. */
export function textOf(
  { name, alias }: Variable,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  return (alias && environment[alias]?.trim()) || environment[name]?.trim() || null
}
