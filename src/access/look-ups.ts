import type { Caller, CallerProof } from '../domain/caller.ts'
import { type BrowserSession, listBrowserSessions } from '../store/browser-sessions/list-browser-sessions.ts'
import type { Db } from '../store/database.ts'
import { type ApiKeyGrant, listApiKeyGrants } from '../store/keys/list-api-key-grants.ts'
import { saveApiKeyUses } from '../store/keys/save-api-key-uses.ts'
import { listSessionsByToken, type TokenSession } from '../store/sessions/list-sessions-by-token.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import { sha256 } from './key-format.ts'
import { type LookUp, lookUpTogether } from './look-up-together.ts'

export interface LookUpOptions {
  /** Connections of its own, so that guesses don't keep queries waiting. */
  db: Db
  workspaces: Workspaces
  /** SEAM_MIRROR_API_KEY: valid for every configured workspace. */
  bootstrapKey: string | null
}

/** What callers are looked up in. */
export interface LookUps {
  bootstrapSha256: Buffer | null
  findKey: LookUp<ApiKeyGrant>
  findClientSession: LookUp<TokenSession>
  findBrowserSession: LookUp<BrowserSession>
  touchKey: LookUp<never>
  /** Whether a workspace is served here. */
  isServed: (workspaceId: string) => boolean
  workspaces: Workspaces
}

/**
 * `elsewhere`: the credential is valid, but not for the workspace that was asked for. Null: it is not valid. A caller without a proof is
 * never remembered.
 */
export type Found<Proof = CallerProof> = { caller: Caller; proof: Proof | null } | 'elsewhere' | null

export function createLookUps({ db, workspaces, bootstrapKey }: LookUpOptions): LookUps {
  return {
    bootstrapSha256: bootstrapKey === null ? null : sha256(bootstrapKey),
    findKey: lookUpTogether((keyIds) => listApiKeyGrants(db, keyIds)),
    findClientSession: lookUpTogether((hashes) => listSessionsByToken(db, hashes)),
    findBrowserSession: lookUpTogether((hashes) => listBrowserSessions(db, hashes)),
    touchKey: lookUpTogether((keyIds) => saveApiKeyUses(db, keyIds)),
    isServed: (workspaceId) => workspaces.all().some(({ id }) => id === workspaceId),
    workspaces,
  }
}
