import { parse } from 'pg-connection-string'
import { z } from 'zod'

/**
 * The connection strings that pg accepts: URLs, also with a socket's folder (`postgres://user@/db?host=/run/postgresql`), and `/folder
 * database`. Messages never repeat any part of the value, because part of it is a password.
 */
export const databaseUrl = z
  .string()
  .transform((text) => withoutWarning(text))
  .superRefine((text, context) => {
    const problem = problemOf(text)
    if (problem !== null) context.addIssue(problem)
  })

const ENCODE = 'in its user and password, write % as %25, / as %2F, ? as %3F, # as %23, @ as %40 and : as %3A'

function problemOf(text: string): string | null {
  if (/^(?:\/[^ ]+ [^ ]+$|socket:\/)/.test(text)) return null
  if (!/^postgres(?:ql)?:\/\//i.test(text))
    return 'must be a URL that begins with postgres:// or postgresql:// (or the folder of a socket, a blank, and the database)'
  if (isCutInPassword(text) || hasMixedPercents(text)) return `cannot be read: ${ENCODE}`
  try {
    parse(text)
    return null
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (path !== undefined) return `names a file that cannot be read: ${path} (${code})`
    return /sslmode/.test((error as Error).message)
      ? 'has sslmode=verify-ca, which needs sslrootcert as well; better is sslmode=verify-full'
      : `cannot be read: ${ENCODE}`
  }
}

/**
 * Detects a `/`, `?` or `#` in the password. It ends its part of the URL: what is before it becomes the host, the rest a path or
 * parameters, and pg would connect somewhere else, or with another password.
 */
function isCutInPassword(text: string): boolean {
  if (text.includes('#')) return true
  const afterScheme = text.slice(text.indexOf('://') + 3)
  const end = afterScheme.search(/[/?]/)
  if (end === -1 || afterScheme.slice(0, end).includes('@')) return false
  const [path = '', ...parameters] = afterScheme.slice(end).split('?')
  // A parameter's value may contain an @.
  return path.includes('@') || parameters.some((part) => part.includes('@') && !/^[^@=]*=/.test(part))
}

/** As soon as one % begins no code, pg takes every % literally, even where a code was meant. */
function hasMixedPercents(text: string): boolean {
  return /%(?![0-9a-f]{2})/i.test(text) && /%[0-9a-f]{2}/i.test(text)
}

/**
 * pg verifies the server's certificate in all of these modes, and prints a ten-line warning for all but the last, so they become
 * that one. A user who wants libpq's weaker meaning sets uselibpqcompat=true.
 */
function withoutWarning(text: string): string {
  if (/[?&]uselibpqcompat=true(?:&|$)/.test(text)) return text
  return text.replace(/(?<=[?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, 'verify-full')
}
