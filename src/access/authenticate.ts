import type { Caller } from '../domain/caller.ts'
import { ApiError } from '../http/api-error.ts'
import type { AddressOf } from '../http/address-of.ts'
import type { Authenticate } from '../http/authenticate.ts'
import { addressBlock } from './address-block.ts'
import { type Credential, credentialOf } from './credential.ts'
import { findBrowserSession } from './find-browser-session.ts'
import { findClientSession } from './find-client-session.ts'
import { bootstrapCaller, findKeyCaller, isBootstrapKey } from './find-key-caller.ts'
import { readKey } from './key-format.ts'
import { createLookUps, type Found, type LookUpOptions, type LookUps } from './look-ups.ts'
import type { RecentCallers } from './recent-callers.ts'
import { type FailureBrake, MAX_DELAY_MS } from './slow-down-failures.ts'

export interface AuthenticateOptions extends LookUpOptions {
  brake: FailureBrake
  recent: RecentCallers
  addressOf: AddressOf
}

/**
 * Finds out who calls, as Seam documents it (contract, 3): an API key for its one workspace, an access token together with the
 * `seam-workspace` header, or a client session token; or by the cookie of a browser session, which stands for one of these. Every credential
 * that fails gets the same 401, and repeated failures are answered later and later.
 */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { brake, addressOf, recent } = options
  const lookUps = createLookUps(options)
  return async (request) => {
    const address = addressBlock(addressOf(request))
    const credential = credentialOf(request)
    const attempt = {
      address,
      family: credential === null ? 'none' : kindOf(credential).family,
      name: nameOf(credential),
    }
    const caller = credential === null ? null : await callerOf(lookUps, recent, credential)
    if (caller !== null) {
      brake.forgive(attempt)
      return caller
    }
    if (await brake.fail(attempt)) return null
    throw new ApiError(429, 'too_many_requests', 'Too many failed attempts', {
      headers: { 'retry-after': String(MAX_DELAY_MS / 1000) },
    })
  }
}

/** A kind of credential. */
interface CredentialKind {
  from: Credential['from']
  /** How it begins, as Seam's own do (contract, 3). */
  prefix: string
  /** Failures with one family do not slow down callers with another. */
  family: string
  find: (lookUps: LookUps, credential: Credential) => Promise<Found>
}

const ANY_KEY: CredentialKind = { from: 'header', prefix: '', family: 'key', find: findKey }

/** The first that fits is the credential's kind. Another kind is one more entry. */
const KINDS: readonly CredentialKind[] = [
  { from: 'cookie', prefix: '', family: 'cookie', find: findBrowserSession },
  { from: 'header', prefix: 'seam_cst', family: 'seam_cst', find: findClientSession },
  { from: 'header', prefix: 'seam_at', family: 'seam_at', find: findKey },
]

function kindOf({ from, token }: Credential): CredentialKind {
  return KINDS.find((kind) => kind.from === from && token.startsWith(kind.prefix)) ?? ANY_KEY
}

async function findKey(lookUps: LookUps, credential: Credential): Promise<Found> {
  const { token, tokenSha256, workspaceId } = credential
  const key = readKey(token)
  return key && findKeyCaller(lookUps, { keyId: key.keyId, keySha256: tokenSha256, workspaceId })
}

/** Returns the id in a key, which guesses of its secret share; for other credentials the hash, so that no token stays in memory. */
function nameOf(credential: Credential | null): string | null {
  if (credential === null) return null
  return readKey(credential.token)?.keyId ?? credential.tokenSha256.toString('base64')
}

async function callerOf(
  lookUps: LookUps,
  recent: RecentCallers,
  credential: Credential,
): Promise<Caller | null> {
  const found = await find(lookUps, credential)
  if (found === null || found === 'elsewhere') recent.forget(credential)
  else if (found.proof !== null) recent.add(credential, { caller: found.caller, proof: found.proof })
  // This is no failed attempt: a caller with a valid key is not guessing, and learns only what the key is not for.
  if (found === 'elsewhere') throw elsewhere()
  return found?.caller ?? null
}

/** SEAM_MIRROR_API_KEY may begin like any other kind. */
async function find(lookUps: LookUps, credential: Credential): Promise<Found> {
  const { from, tokenSha256, workspaceId } = credential
  return from === 'header' && isBootstrapKey(lookUps, tokenSha256)
    ? bootstrapCaller(lookUps, workspaceId)
    : kindOf(credential).find(lookUps, credential)
}

function elsewhere(): ApiError {
  return new ApiError(
    401,
    'unauthorized',
    'This credential is valid, but not for the requested workspace, or that workspace is not served here',
  )
}
