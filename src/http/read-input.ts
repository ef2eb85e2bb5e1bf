import type { IncomingMessage } from 'node:http'
import { ApiError } from './api-error.ts'
import type { ReadBody } from './create-body-reader.ts'
import { invalidInput, malformedJson, unsupportedMediaType } from './to-api-error.ts'

/** Largest JSON body of an API call, in bytes. Ten thousand quoted and separated UUIDs take 390,000. */
export const MAX_INPUT_BYTES = 1024 * 1024

/** What a call was given, not yet interpreted. */
export interface RequestInput {
  query: URLSearchParams
  body: Readonly<Record<string, unknown>>
}

const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])
const CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii'])

/**
 * Reads the query string and the JSON body. An empty body counts as `{}` whatever its content type: old SDKs send a call without
 * arguments as an empty form (contract, trap 3). The body of a GET or DELETE is not read.
 */
export async function readInput(request: IncomingMessage, readBody: ReadBody): Promise<RequestInput> {
  const url = request.url ?? ''
  const mark = url.indexOf('?')
  return {
    query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)),
    body: METHODS_WITH_BODY.has(request.method ?? '') ? await readJsonObject(request, readBody) : {},
  }
}

async function readJsonObject(
  request: IncomingMessage,
  readBody: ReadBody,
): Promise<Record<string, unknown>> {
  const bytes = await readBody(request, MAX_INPUT_BYTES)
  if (bytes.length === 0) return {}
  requireJson(request.headers['content-type'] ?? '')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw malformedJson(cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput('The JSON body must be an object')
  }
  return value as Record<string, unknown>
}

function requireJson(contentType: string): void {
  const [mediaType, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  if (mediaType !== 'application/json') {
    throw new ApiError(
      400,
      'invalid_content_type',
      'The content type of the request must be application/json',
    )
  }
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  if (charset !== undefined && !CHARSETS.has(charset.replaceAll('"', ''))) {
    throw unsupportedMediaType('The charset of the request body must be UTF-8')
  }
}
