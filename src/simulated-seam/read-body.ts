import type { IncomingMessage } from 'node:http'

import { Refusal } from './answer.ts'
import type { Params } from './params.ts'

const maxBodyBytes = 8 * 1024 * 1024

/**
 * Reads the JSON object in a request's body. An empty body counts as `{}`, whatever its content type says: older SDKs
 * send an empty form when a call has no arguments (contract, section 1, trap 3).
 */
export async function readBody(request: IncomingMessage): Promise<Params> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes)
      throw new Refusal(413, 'payload_too_large', `Body exceeds ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  if (bytes === 0) return {}
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) {
    throw new Refusal(400, 'invalid_content_type', 'POST bodies must have content type application/json')
  }
  return parseObject(Buffer.concat(chunks).toString())
}

function parseObject(text: string): Params {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refusal(400, 'invalid_input', 'Invalid JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal(400, 'invalid_input', 'The body must be a JSON object')
  }
  return value as Params
}
