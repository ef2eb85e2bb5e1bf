import type { Request, Response } from 'express'
import type { Compress } from './compress-answer.ts'
import { encodeJson, type Json, sendChunks } from './send-json.ts'

/**
 * Sends an endpoint's 200, compressed where the caller accepts it.
 *
 * @param hasSecrets Such an answer is never compressed. Text beside a secret may have been chosen by somebody else (a name, a message),
 * and the compressed length reveals how alike the two are: whoever can choose often enough, and sees the encrypted lengths, finds out
 * the secret (BREACH).
 */
export async function sendAnswer(
  request: Request,
  response: Response,
  compress: Compress,
  { json, hasSecrets }: { json: Json; hasSecrets: boolean },
): Promise<void> {
  const chunks = encodeJson(json)
  response.vary('accept-encoding')
  const mayCompress = !hasSecrets && request.acceptsEncodings('gzip', 'identity') === 'gzip'
  const compressed = mayCompress ? await compress(chunks) : null
  if (compressed !== null) response.setHeader('content-encoding', 'gzip')
  sendChunks(response, 200, compressed ?? chunks)
}
