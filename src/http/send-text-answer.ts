import type { Request, Response } from 'express'
import type { Compress } from './compress-answer.ts'
import type { TextAnswer } from './route.ts'
import { encodeText, sendChunks } from './send-text.ts'

/**
 * Sends a route's 200, compressed where the caller accepts it.
 *
 * @param hasSecrets Such an answer is never compressed. Text beside a secret may have been chosen by somebody else (a name, a message),
 * and the compressed length reveals how alike the two are: whoever can choose often enough, and sees the encrypted lengths, finds out
 * the secret (BREACH).
 */
export async function sendTextAnswer(
  request: Request,
  response: Response,
  compress: Compress,
  { text, headers = {}, contentType }: TextAnswer,
  hasSecrets: boolean,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  const chunks = encodeText(text)
  const compressed = acceptsGzip(request, response) && !hasSecrets ? await compress(chunks) : null
  if (compressed !== null) response.setHeader('content-encoding', 'gzip')
  sendChunks(response, 200, compressed ?? chunks, contentType)
}

/** Whether the caller prefers gzip. Says in the answer that it depends on that. */
export function acceptsGzip(request: Request, response: Response): boolean {
  response.vary('accept-encoding')
  return request.acceptsEncodings('gzip', 'identity') === 'gzip'
}
