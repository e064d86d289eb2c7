/** Strict parsing of HTTP responses: anything that clients could not parse is a finding. */
export interface ParsedResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** The whole body has arrived. */
  readonly isComplete: boolean
}

/** The bytes are not a valid HTTP response. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** The last response that starts in these bytes, skipping interim ones (1xx except 101); null until its head is complete. */
export function parseResponse(bytes: Buffer, hasEnded: boolean, hasNoBody = false): ParsedResponse | null {
  let rest = bytes
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (headEnd < 0) {
      const isBeginning = 'HTTP/1.1 '.startsWith(rest.subarray(0, 9).toString('latin1'))
      if (!isBeginning) throw new Unreadable(`not a response: ${JSON.stringify(rest.subarray(0, 200).toString())}`)
      return null
    }
    const [first = '', ...lines] = rest.subarray(0, headEnd).toString('latin1').split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3}) [^\r\n]*$/.exec(first)?.[1] ?? 0)
    if (status < 100) throw new Unreadable(`not a status line: ${JSON.stringify(first)}`)
    rest = rest.subarray(headEnd + 4)
    if (status < 200 && status !== 101) continue
    const headers = new Map(lines.map(readHeader))
    return { status, headers, ...readBody(rest, status, headers, hasEnded, hasNoBody) }
  }
}

function readHeader(line: string): [string, string] {
  const [, name, value = ''] = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
  if (name === undefined) throw new Unreadable(`not a header: ${JSON.stringify(line)}`)
  return [name.toLowerCase(), value]
}

function readBody(
  rest: Buffer,
  status: number,
  headers: ReadonlyMap<string, string>,
  hasEnded: boolean,
  hasNoBody: boolean,
): Pick<ParsedResponse, 'body' | 'isComplete'> {
  if (hasNoBody || status === 204 || status === 304) return { body: Buffer.alloc(0), isComplete: true }
  if (status === 101) return { body: rest, isComplete: hasEnded }
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(rest)
  const length = headers.get('content-length')
  if (length === undefined) return { body: rest, isComplete: hasEnded }
  if (!/^\d+$/.test(length)) throw new Unreadable(`not a length: ${JSON.stringify(length)}`)
  return { body: rest.subarray(0, Number(length)), isComplete: rest.length >= Number(length) }
}

function readChunks(bytes: Buffer): Pick<ParsedResponse, 'body' | 'isComplete'> {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return { body: Buffer.concat(chunks), isComplete: false }
    const line = bytes.subarray(at, lineEnd).toString('latin1')
    if (!/^[0-9a-f]+$/i.test(line)) throw new Unreadable(`not a chunk size: ${JSON.stringify(line.slice(0, 100))}`)
    const size = Number.parseInt(line, 16)
    if (size === 0) return { body: Buffer.concat(chunks), isComplete: bytes.length >= lineEnd + 4 }
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
