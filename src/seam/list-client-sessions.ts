import { type Element, ElementCutter } from './cut-elements.ts'
import type { SeamClient } from './open-seam-client.ts'
import { readAnswer } from './read-answer.ts'
import { SeamError } from './seam-error.ts'

const PATH = '/client_sessions/list'
const KEY = 'client_sessions'

/** Longest session that is kept whole, in bytes. Seam's sessions have 500. */
export const MAX_SESSION_BYTES = 1024 * 1024
/** Limit for the answer without its sessions. Each session takes two bytes of it. */
const MAX_SHELL_BYTES = 2 * 1024 * 1024

/**
 * Lists all client sessions of the workspace, each as its exact bytes in the answer, which include live tokens. Sessions are yielded while
 * they arrive. The caller must not conclude anything before the end, because it takes a session that is missing for deleted. So this throws
 * SeamError, at the end or earlier, for every answer that may not be the whole list. The caller has to check that each element is JSON.
 *
 * Today's API has no pages here (contract 8.1). If it gets pages one day, the first page will say so and is refused.
 */
export async function* listClientSessions(
  client: SeamClient,
  signal: AbortSignal,
): AsyncGenerator<Element[]> {
  const cutter = new ElementCutter(KEY, {
    maxElementBytes: MAX_SESSION_BYTES,
    maxShellBytes: MAX_SHELL_BYTES,
  })
  for await (const chunk of client.stream(PATH, signal)) {
    const elements = cutter.push(chunk)
    if (elements.length > 0) yield elements
  }
  const { body } = readAnswer(PATH, cutter.shell)
  const { pagination } = body
  if (typeof pagination === 'object' && pagination !== null && 'has_next_page' in pagination) {
    if (pagination.has_next_page !== false) throw unusable('with one page of several')
  }
  if (!Array.isArray(body[KEY])) throw unusable('without a list of sessions')
  if (cutter.arrays > 1) throw unusable('with two lists of sessions')
}

function unusable(how: string): SeamError {
  return new SeamError('bad_answer', `Seam answered ${PATH} ${how}`)
}
