/** One block of a stream of server-sent events, as a browser would read it. */
export interface StreamBlock {
  /** Default: `message`. A comment has `comment`. */
  event: string
  /** Its own id; undefined when it has none. */
  id: string | undefined
  data: string
}

export interface EventStream {
  response: Response
  /** All blocks so far. */
  blocks: StreamBlock[]
  /** The id to come back with. */
  lastId(): string | undefined
  /** The event ids of all messages so far, in order. */
  eventIds(): string[]
  /** Resolves when this holds of the blocks; rejects when the stream ends before. */
  until(holds: (blocks: readonly StreamBlock[]) => boolean): Promise<void>
  /** Resolves with the blocks when the stream has ended, however it did. */
  ended: Promise<readonly StreamBlock[]>
  /** Leaves, as a browser tab that is closed. */
  leave(): void
}

/** Opens a stream and reads it as it comes. */
export async function openEventStream(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<EventStream> {
  const leaving = new AbortController()
  const response = await fetch(url, { headers, signal: leaving.signal })
  const blocks: StreamBlock[] = []
  let notify = (): void => {}
  let hasEnded = false
  const read = async (): Promise<void> => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      const parts = text.split('\n\n')
      text = parts.pop() ?? ''
      blocks.push(...parts.map(parseBlock))
      notify()
    }
  }
  const ended = read()
    .catch(() => {})
    .then(() => {
      hasEnded = true
      notify()
      return blocks
    })
  return {
    response,
    blocks,
    lastId: () => blocks.findLast(({ id }) => id !== undefined)?.id,
    eventIds: () =>
      blocks.flatMap(({ event, data }) =>
        event === 'message' ? [(JSON.parse(data) as { event_id: string }).event_id] : [],
      ),
    until: async (holds) => {
      while (!holds(blocks)) {
        if (hasEnded) throw new Error(`The stream has ended: ${JSON.stringify(blocks.slice(-5))}`)
        await new Promise<void>((resolve) => (notify = resolve))
      }
    },
    ended,
    leave: () => leaving.abort(),
  }
}

function parseBlock(block: string): StreamBlock {
  const lines = block.split('\n')
  const valuesOf = (field: string) =>
    lines.flatMap((line) => (line.startsWith(`${field}: `) ? [line.slice(field.length + 2)] : []))
  const isComment = lines.some((line) => line.startsWith(':'))
  return {
    event: isComment ? 'comment' : (valuesOf('event').at(-1) ?? 'message'),
    id: valuesOf('id').at(-1),
    data: valuesOf('data').join('\n'),
  }
}
