import type { Request, Response } from 'express'
import type { Compress } from './compress-answer.ts'
import { encodeJson, type Json, sendChunks } from './send-json.ts'

/**
 * Sends the 200 of an endpoint, compressed where the caller asks for it.
 *
 * @param hasSecrets Such an answer is never compressed. Beside a secret there may be text that somebody else has chosen (a name, a
 * message), and the length of both compressed together says how alike they are: who can choose often enough, and see the encrypted
 * lengths, finds the secret out (BREACH).
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
