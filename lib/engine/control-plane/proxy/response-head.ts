/** The status line and the headers of a toolbox's response. */
export interface ResponseHead {
  readonly statusCode: number
  /** Names and values in turn, as in `IncomingMessage.rawHeaders`. */
  readonly rawHeaders: string[]
  readonly contentLength: number
  /** Bytes up to the body. */
  readonly length: number
}

/**
 * Read a head from the beginning of a response; null if it is not complete yet.
 * Throws if it is invalid, or if only the end of the connection would show where the body ends.
 */
export function readResponseHead(bytes: Buffer): ResponseHead | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const statusCode = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1])
  if (Number.isNaN(statusCode)) throw new Error('the status line is invalid')
  const rawHeaders: string[] = []
  let contentLength: number | null = statusCode < 200 ? 0 : null
  for (const line of lines) {
    const [, name, value] = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error('a header is invalid')
    rawHeaders.push(name, value)
    if (name.toLowerCase() === 'transfer-encoding') throw new Error('the length of the body is not announced')
    if (name.toLowerCase() === 'content-length') {
      if (contentLength !== null || !/^\d{1,15}$/.test(value)) throw new Error('the length of the body is invalid')
      contentLength = Number(value)
    }
  }
  if (contentLength === null) throw new Error('the length of the body is not announced')
  return { statusCode, rawHeaders, contentLength, length: end + 4 }
}
