/** Hop-by-hop headers (RFC 9110, 7.6.1), for all proxies of the engine. */

/** Names keep their case and order; repeated headers stay separate. */
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

/** Turn Node's `rawHeaders`, which alternates names and values, into pairs. */
export function headerPairs(rawHeaders: readonly string[]): HeaderPair[] {
  const found: HeaderPair[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) found.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''])
  return found
}

/** They define where a message ends and who receives it: `Connection: content-length` must not split one message in two. */
const alwaysForwarded = new Set(['content-length', 'host'])

/** Headers to forward: all but the hop-by-hop headers and those that `Connection` names. */
export function endToEndHeaders(headers: readonly HeaderPair[]): HeaderPair[] {
  const named = namedByConnection(headers).filter((name) => !alwaysForwarded.has(name))
  const dropped = new Set([...hopHeaders, ...named])
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()))
}

/** `endToEndHeaders` drops the header that announces a body of unknown length; this adds it again. */
export function bodyHeaders(headers: readonly HeaderPair[]): HeaderPair[] {
  const isChunked = headers.some(([name]) => name.toLowerCase() === 'transfer-encoding')
  return isChunked ? [['Transfer-Encoding', 'chunked']] : []
}

function namedByConnection(headers: readonly HeaderPair[]): string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((item) => item.trim().toLowerCase()))
}
