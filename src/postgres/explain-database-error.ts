/** What to do about a server's error, by its SQLSTATE or the class of it. */
const REMEDIES: Record<string, string> = {
  '28': 'Check the user and the password in DATABASE_URL, and pg_hba.conf on the server.',
  '3D': `Create it (create database … encoding 'UTF8' template template0), or correct DATABASE_URL.`,
  '42501': 'Grant the role in DATABASE_URL what it lacks, or let it own the database.',
}

/** Codes with which Node refuses the server's certificate: OpenSSL's names and Node's own. */
const TLS_CODE = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$)/
const TLS_REMEDY =
  'Name the authority that signed the certificate: DATABASE_URL=…?sslmode=verify-full&sslrootcert=/path/to/ca.pem ' +
  '(sslmode=no-verify encrypts without checking who answers).'

/** Errors that pg itself throws have no code, so they are known by their message. */
const BY_MESSAGE: [RegExp, string][] = [
  [/does not support SSL/i, 'Remove sslmode from DATABASE_URL, or turn TLS on at the server.'],
  [/client password must be a/i, 'The server asks for a password, and DATABASE_URL has none.'],
  [
    /unsupported startup parameter/i,
    'Take it out of DATABASE_URL and set it for the role (alter role … set …).',
  ],
  [/authentication failed|no such (?:user|database)/i, REMEDIES['28'] ?? ''],
]

/** True when the error comes from Postgres, a pooler, or the network to them, and not from this program. */
export function isCausedByDatabase(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  const code = codeOf(error)
  return (
    code !== '' || error instanceof AggregateError || BY_MESSAGE.some(([text]) => text.test(error.message))
  )
}

/** True when the server was reached but TLS failed: it has none, or its certificate was refused. */
export function isTlsProblem(error: unknown): boolean {
  return (
    error instanceof Error && (TLS_CODE.test(codeOf(error)) || /does not support SSL/i.test(error.message))
  )
}

/** Says in whole sentences, on one line, what went wrong with the database and, where there is a remedy, what to do. */
export function explainDatabaseError(error: unknown): string {
  if (!(error instanceof Error)) return `${String(error)}.`
  // An AggregateError means that several addresses were tried, as for `localhost`. It has no message of its own.
  const text = error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : error.message
  const code = codeOf(error)
  const remedy =
    REMEDIES[code] ??
    REMEDIES[code.slice(0, 2)] ??
    BY_MESSAGE.find(([pattern]) => pattern.test(error.message))?.[1] ??
    (isTlsProblem(error) ? TLS_REMEDY : null)
  const sentence = `${(text === '' ? code : text).replaceAll(/\s+/g, ' ').replace(/\.$/, '')}.`
  return remedy === null ? sentence : `${sentence} ${remedy}`
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
