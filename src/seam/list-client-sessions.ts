import { type Element, ElementCutter } from './cut-elements.ts'
import type { SeamClient } from './open-seam-client.ts'
import { readAnswer } from './read-answer.ts'
import { SeamError } from './seam-error.ts'

const PATH = '/client_sessions/list'
const KEY = 'client_sessions'

/** Largest session kept; Seam's have 500 bytes. */
export const MAX_SESSION_BYTES = 1024 * 1024
/** Two bytes for each session, and whatever else the answer says. */
const MAX_SHELL_BYTES = 2 * 1024 * 1024

/**
 * All client sessions of the workspace, each as the exact bytes it has in the answer; these hold live tokens. They come as they
 * arrive, and nothing may be concluded from them before the last: throws SeamError then, or earlier, for everything that may not be
 * the whole list, because the caller takes what is missing for deleted. Whether each element is JSON is for the caller to say.
 *
 * Today's API has no pages here (contract 8.1); should it get them, a first page says so and is refused.
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
