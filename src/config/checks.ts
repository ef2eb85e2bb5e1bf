import { isIP } from 'node:net'
import { schedule, validate } from 'node-cron'
import proxyAddr from 'proxy-addr'
import { z } from 'zod'
import { parseDuration } from '../domain/duration.ts'
import type { BackfillSince } from '../domain/backfill-since.ts'
import { parseInstant } from '../domain/instant.ts'
import { isTimeZone } from '../domain/time-zone.ts'
import { isUuid } from '../domain/uuid.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Shortest webhook secret accepted, in bytes. Seam's have 24; svix itself would accept an empty one (contract, trap 16). */
export const MIN_WEBHOOK_SECRET_BYTES = 16

/** A shorter key could be guessed. */
const MIN_MIRROR_API_KEY_LENGTH = 24
const MAX_MIRROR_API_KEY_LENGTH = 128

/*
 * One check for each kind of value. Messages complete the sentence "NAME …" and never repeat the value of a secret.
 */

export const port = wholeNumber(0, 65_535, 'must be a port number')

export const uuid = z
  .string()
  .refine(isUuid, 'must be a UUID')
  .transform((id) => id.toLowerCase())

export const text = z.string()

/** A comma-separated list of values of one kind. */
export const list = <Item extends z.ZodType<unknown, string>>(item: Item) =>
  z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
    )
    .pipe(z.array(item).min(1, 'must name at least one'))

export const listenAddress = z
  .string()
  .refine(
    (host) => isIP(host) !== 0 || isHostName(host),
    'must be an IP address or a host name, without a scheme, a port or brackets',
  )

/** A path may precede Seam's routes. A user, a query or a fragment is refused, because no request could be made with such a base. */
export const endpoint = z
  .string()
  .refine(
    isPlainUrl,
    'must be a URL that begins with http:// or https://, without a user, a query or a fragment',
  )
  .transform((url) => url.replace(/(?<!\/)\/+$/, ''))

/** Must be spelled as a browser spells it, because it is compared as text. `*` is refused, because answers are for callers with credentials. */
export const webOrigin = z.string().refine((value) => {
  const { protocol = '', origin } = URL.parse(value) ?? {}
  return ['http:', 'https:'].includes(protocol) && origin === value && !value.includes('*')
}, 'must name origins as browsers spell them, such as https://dashboard.example.com or http://localhost:5173: lower case, no path, no slash at the end, no *')

export const proxyUrl = z.string().refine((value) => {
  const { protocol = '', pathname } = URL.parse(value) ?? {}
  return ['http:', 'https:'].includes(protocol) && pathname === '/'
}, 'must be the URL of an HTTP proxy, such as http://proxy.example:3128 (a SOCKS proxy is not supported)')

export const cron = z
  .string()
  .refine(
    (expression) => validate(expression),
    'must be a cron expression of five or six fields, such as "*/30 * * * * *"',
  )
  .refine((expression) => firesEver(expression), 'is a cron expression that never fires')

export const timeZone = z
  .string()
  .refine(isTimeZone, 'must be an IANA time zone, such as Europe/Berlin or America/New_York, or UTC')

/** A cron expression, or `off`, which gives null. */
export const cronOrOff = z.string().transform((value, context): string | null => {
  if (value === 'off') return null
  const { data, error } = cron.safeParse(value)
  for (const { message } of error?.issues ?? []) context.addIssue(`${message}, or off`)
  return data ?? z.NEVER
})

export const count = (min: number, max: number) =>
  wholeNumber(min, max, `must be a whole number from ${min} to ${max}`)

const BAD_PROXY =
  'must be how many proxies stand in front (1), or their addresses and networks, comma-separated (10.0.0.0/8, loopback)'

/** A network of all addresses is refused: it would mean trusting every caller, not a proxy. */
export const trustProxy = z.string().transform((value, context): number | string[] => {
  if (/^([1-9]|10)$/.test(value)) return Number(value)
  const items = value.split(',').map((item) => item.trim())
  if (areAddresses(items)) return items
  context.addIssue(BAD_PROXY)
  return z.NEVER
})

export const logLevel = z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)

export const apiKey = z
  .string()
  .refine(
    (key) => /^seam_(?!at|cst|pk)[!-~]{1,500}$/.test(key),
    'must be a Seam API key: it begins with seam_, and not with seam_at (a personal access token), seam_cst or seam_pk',
  )

export const mirrorApiKey = z
  .string()
  .refine(
    (key) =>
      /^seam_(?!at|cst|pk)[!-~]+$/.test(key) &&
      key.length >= MIN_MIRROR_API_KEY_LENGTH &&
      key.length <= MAX_MIRROR_API_KEY_LENGTH,
    `must be ${MIN_MIRROR_API_KEY_LENGTH} to ${MAX_MIRROR_API_KEY_LENGTH} characters that begin with seam_, and not with seam_at, seam_cst or seam_pk: ` +
      'the SDKs refuse to send anything else (echo "seam_mirror_$(openssl rand -hex 24)" makes one)',
  )

export const personalAccessToken = z
  .string()
  .regex(/^seam_at[!-~]{1,500}$/, 'must be a Seam personal access token: it begins with seam_at')

export const webhookSecret = z.string().refine((secret) => {
  return isBase64Of(secret.replace(/^whsec_/, ''), (bytes) => bytes >= MIN_WEBHOOK_SECRET_BYTES)
}, `must be whsec_ followed by standard base64 of at least ${MIN_WEBHOOK_SECRET_BYTES} bytes, as Seam Console shows it`)

export const secretsKey = z
  .string()
  .refine(
    (key) => isBase64Of(key, (bytes) => bytes === 32),
    'must be 32 bytes as base64 (openssl rand -base64 32)',
  )
  .transform((key) => Buffer.from(key, 'base64'))

export const backfillSince = z.string().transform((value, context): BackfillSince => {
  const at = parseInstant(value)
  if (at !== null) return { kind: 'instant', at }
  const duration = parseDuration(value)
  if (duration !== null && duration > 0n) return { kind: 'ago', duration }
  context.addIssue(
    'must be an RFC 3339 instant (2026-01-31T00:00:00Z) or a duration from 1s to 100 years (12h, 30d, 8w)',
  )
  return z.NEVER
})

function isUrlWith(...protocols: string[]): (value: string) => boolean {
  return (value) => protocols.includes(URL.parse(value)?.protocol ?? '')
}

function isPlainUrl(value: string): boolean {
  const url = URL.parse(value)
  // A `?` or `#` with nothing after it is part of neither `search` nor `hash`.
  return (
    isUrlWith('http:', 'https:')(value) && url?.username === '' && url.password === '' && !/[?#]/.test(value)
  )
}

function isHostName(host: string): boolean {
  return /^[\w-]+(\.[\w-]+)*$/.test(host) && !/^[\d.]+$/.test(host)
}

/** "The weekday nearest to 31 June" is well-formed but no date; node-cron only notices when it looks for the first time. */
function firesEver(expression: string): boolean {
  if (!validate(expression)) return true
  try {
    const task = schedule(expression, () => {})
    void task.destroy()
    return true
  } catch {
    return false
  }
}

function areAddresses(items: readonly string[]): boolean {
  try {
    proxyAddr.compile([...items])
    // Plain numbers would be read as addresses of 32 bits.
    return items.every((item) => !/^\d+$|\/0$/.test(item))
  } catch {
    return false
  }
}

/** Accepts decimal digits only: `Number` would also take `0x10`, `1e3` and an empty text. */
function wholeNumber(min: number, max: number, message: string) {
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
}

/** Whether it is standard base64 with padding whose byte count is accepted. `Buffer` alone would skip unknown characters. */
function isBase64Of(value: string, hasLength: (bytes: number) => boolean): boolean {
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64') === value && hasLength(bytes.length)
}
