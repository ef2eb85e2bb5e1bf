/** One environment variable: the table that parsing, `seam-mirror config`, and the README's table (by a test) come from. */
export interface Variable {
  name: string
  /** As text, the way a user would write it; null when there is none. */
  default: string | null
  /** How the default reads in the README where the text alone would not say it. */
  defaultMeaning?: string
  meaning: string
  /** Never printed. */
  secret?: true
}

export const VARIABLES = [
  { name: 'PORT', default: '3000', meaning: 'port to listen on; 0 takes a free one' },
  { name: 'HOST', default: null, defaultMeaning: 'all interfaces', meaning: 'address to listen on' },
  {
    name: 'DATABASE_URL',
    default: null,
    defaultMeaning: 'an embedded Postgres below `SEAM_MIRROR_DATA_DIR`',
    meaning: 'Postgres 14 or newer',
  },
  {
    name: 'SEAM_MIRROR_DATA_DIR',
    default: '.data',
    meaning: 'folder of the embedded database and of keys generated for it',
  },
  {
    name: 'SEAM_API_KEY',
    default: null,
    defaultMeaning: 'none: no polling',
    meaning: "the workspace's Seam API key",
    secret: true,
  },
  {
    name: 'SEAM_PERSONAL_ACCESS_TOKEN',
    default: null,
    meaning: 'instead of `SEAM_API_KEY`; needs `SEAM_WORKSPACE_ID`',
    secret: true,
  },
  {
    name: 'SEAM_WORKSPACE_ID',
    default: null,
    defaultMeaning: 'asked of Seam, or taken from the first verified webhook',
    meaning: 'id of the workspace',
  },
  { name: 'SEAM_ENDPOINT', default: 'https://connect.getseam.com', meaning: "Seam's API" },
  {
    name: 'SEAM_WEBHOOK_SECRET',
    default: null,
    defaultMeaning: 'none: the webhook route answers 404 and says why',
    meaning: 'one or more `whsec_…`, comma-separated; while one is being replaced, any may match',
    secret: true,
  },
  {
    name: 'SEAM_MIRROR_WORKSPACES_FILE',
    default: null,
    meaning: 'JSON file for several workspaces; replaces the variables of the single one',
  },
  {
    name: 'SEAM_MIRROR_API_KEY',
    default: null,
    defaultMeaning: 'none: the read API answers 401',
    meaning:
      'key for the read API, all configured workspaces; must begin with `seam_` to be accepted by the SDKs',
    secret: true,
  },
  {
    name: 'SEAM_MIRROR_SECRETS_KEY',
    default: null,
    defaultMeaning:
      'made in the data dir for the embedded database; otherwise none: secrets are masked and not kept',
    meaning:
      'encrypts PINs and tokens: 32 bytes, base64; for rotation several, comma-separated: the first encrypts, all decrypt',
    secret: true,
  },
  {
    name: 'SEAM_MIRROR_POLL_SCHEDULE',
    default: '*/30 * * * * *',
    meaning: 'when to poll: a cron expression, seconds allowed',
  },
  {
    name: 'SEAM_MIRROR_SETTLE_SECONDS',
    default: '300',
    meaning: 'how long after its `created_at` an event may still become visible in `events.list`',
  },
  {
    name: 'SEAM_MIRROR_BACKFILL_SINCE',
    default: '30d',
    meaning: 'how far back the copy must reach: an RFC 3339 instant or a duration (`12h`, `30d`, `8w`)',
  },
  {
    name: 'SEAM_MIRROR_AUDIT_SCHEDULE',
    default: '0 0 3 * * *',
    meaning: 'when to read covered time again (audit): a cron expression, seconds allowed',
  },
  {
    name: 'SEAM_MIRROR_AUDIT_LOOKBACK_HOURS',
    default: '30',
    meaning: 'how much of it: so many hours back from the end of coverage',
  },
  {
    name: 'SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE',
    default: '0 */5 * * * *',
    meaning: 'when to copy the client sessions',
  },
  {
    name: 'SEAM_MIRROR_RETENTION_DAYS',
    default: null,
    defaultMeaning: 'keep for ever',
    meaning: 'delete older events (checked, not used yet)',
  },
  {
    name: 'LOG_LEVEL',
    default: 'info',
    meaning: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
  },
] as const satisfies readonly Variable[]

export type VariableName = (typeof VARIABLES)[number]['name']
