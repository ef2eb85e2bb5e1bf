import { validate } from 'node-cron'
import { z } from 'zod'
import { parseDuration } from '../domain/duration.ts'
import { parseInstant } from '../domain/instant.ts'
import { isUuid } from '../domain/uuid.ts'
import { type BackfillSince, LOG_LEVELS } from './config.ts'

/** Shortest webhook secret taken, in bytes. Seam's have 24; svix itself would accept an empty one (contract, trap 16). */
export const MIN_WEBHOOK_SECRET_BYTES = 16

/** One check for each kind of value; messages complete the sentence "NAME …". They never repeat the value of a secret. */
export const port = wholeNumber(0, 65_535, 'must be a port number')

export const uuid = z
  .string()
  .refine(isUuid, 'must be a UUID')
  .transform((id) => id.toLowerCase())

export const httpUrl = z
  .string()
  .refine(isUrlWith('http:', 'https:'), 'must be a URL that begins with http:// or https://')
  .transform((url) => url.replace(/(?<!\/)\/+$/, ''))

export const postgresUrl = z
  .string()
  .refine(
    isUrlWith('postgres:', 'postgresql:'),
    'must be a URL that begins with postgres:// or postgresql://',
  )

export const cron = z
  .string()
  .refine(
    (text) => validate(text),
    'must be a cron expression of five or six fields, such as "*/30 * * * * *"',
  )

export const count = (min: number, max: number) =>
  wholeNumber(min, max, `must be a whole number from ${min} to ${max}`)

export const logLevel = z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)

export const apiKey = z
  .string()
  .refine(
    (key) => /^seam_(?!at|cst|pk)\S+$/.test(key),
    'must be a Seam API key: it begins with seam_, and not with seam_at (a personal access token), seam_cst or seam_pk',
  )

export const personalAccessToken = z
  .string()
  .regex(/^seam_at\S+$/, 'must be a Seam personal access token: it begins with seam_at')

export const webhookSecret = z.string().refine((secret) => {
  return isBase64Of(secret.replace(/^whsec_/, ''), (bytes) => bytes >= MIN_WEBHOOK_SECRET_BYTES)
}, `must be whsec_ followed by standard base64 of at least ${MIN_WEBHOOK_SECRET_BYTES} bytes, as Seam Console shows it`)

export const secretsKey = z
  .string()
  .refine(
    (text) => isBase64Of(text, (bytes) => bytes === 32),
    'must be 32 bytes as base64 (openssl rand -base64 32)',
  )
  .transform((text) => Buffer.from(text, 'base64'))

export const backfillSince = z.string().transform((text, context): BackfillSince => {
  const at = parseInstant(text)
  if (at !== null) return { kind: 'instant', at }
  const duration = parseDuration(text)
  if (duration !== null) return { kind: 'ago', duration }
  context.addIssue('must be an RFC 3339 instant (2026-01-31T00:00:00Z) or a duration (12h, 30d, 8w)')
  return z.NEVER
})

function isUrlWith(...protocols: string[]): (text: string) => boolean {
  return (text) => protocols.includes(URL.parse(text)?.protocol ?? '')
}

/** Decimal digits only: `Number` would also take `0x10`, `1e3` and an empty text. */
function wholeNumber(min: number, max: number, message: string) {
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
}

/** Standard base64 with its padding, of so many bytes. `Buffer` alone would skip what it does not know. */
function isBase64Of(text: string, hasLength: (bytes: number) => boolean): boolean {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text && hasLength(bytes.length)
}
