/**
 * Reads the answers on one connection with one request in flight. It knows only as much HTTP as our services' answers need: a
 * status, and a body of content-length bytes or none.
 */
export function createResponseReader(onResponse: (status: number) => void): (chunk: Buffer) => void {
  let head: Buffer | null = null
  let status = 0
  /** Bytes of the body that have not come yet. Negative between two answers. */
  let bodyLeft = -1
  return (chunk) => {
    if (bodyLeft > 0) {
      bodyLeft -= chunk.length
      if (bodyLeft > 0) return
      bodyLeft = -1
      onResponse(status)
      return
    }
    const data: Buffer = head === null ? chunk : Buffer.concat([head, chunk])
    const end = data.indexOf('\r\n\r\n')
    head = end === -1 ? data : null
    if (end === -1) return
    const text = data.toString('latin1', 0, end)
    status = Number(text.slice(9, 12))
    if (/\r\ntransfer-encoding:/i.test(text)) throw new Error('The load generator reads no chunked answers.')
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0)
    bodyLeft = length - (data.length - end - 4)
    if (bodyLeft > 0) return
    bodyLeft = -1
    onResponse(status)
  }
}
