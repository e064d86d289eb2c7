/** Headers of one hop (RFC 9110, 7.6.1), for everything here that stands between a client and a server. */

/** Names keep their case and order, and repeated ones stay repeated. */
export type HeaderPair = [name: string, value: string]

const hopHeaders = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** The headers of a message as Node read them, name and value in turn, as pairs. */
export function headerPairs(rawHeaders: readonly string[]): HeaderPair[] {
  const found: HeaderPair[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) found.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''])
  return found
}

/** What tells where a message ends and for whom it is: `Connection: content-length` must not make two of one. */
const neverDropped = new Set(['content-length', 'host'])

/** What goes on to the next hop: without the headers of this one, those included that `Connection` names. */
export function endToEnd(headers: readonly HeaderPair[]): HeaderPair[] {
  const named = namedByConnection(headers).filter((name) => !neverDropped.has(name))
  const dropped = new Set([...hopHeaders, ...named])
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()))
}

/** A body of unknown length has no header of its own left after `endToEnd`; this says that there is one. */
export function bodyHeaders(headers: readonly HeaderPair[]): HeaderPair[] {
  const isChunked = headers.some(([name]) => name.toLowerCase() === 'transfer-encoding')
  return isChunked ? [['Transfer-Encoding', 'chunked']] : []
}

function namedByConnection(headers: readonly HeaderPair[]): string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((item) => item.trim().toLowerCase()))
}
