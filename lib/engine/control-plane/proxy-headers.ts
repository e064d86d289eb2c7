/** Which headers pass the proxy. Names keep their case and order, and repeated ones stay repeated. */
import { previewTokenHeader } from './credentials'

export type HeaderPair = [name: string, value: string]

/** Headers of one hop; everything else goes through. */
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
/** Credentials are the proxy's to check; a sandbox must not see the key of the whole engine. */
const credentials = ['authorization', previewTokenHeader, 'cookie', 'host']

/** For the toolbox: without credentials and without what concerned this hop only. */
export function requestHeaders(rawHeaders: readonly string[], options: { upgrade: boolean }): HeaderPair[] {
  const all = pairs(rawHeaders)
  const dropped = new Set(options.upgrade ? credentials : [...credentials, ...hopHeaders, ...namedByConnection(all)])
  const kept = all.filter(([name]) => !dropped.has(name.toLowerCase()))
  // A body of unknown length has no header of its own left.
  const isChunked = all.some(([name]) => name.toLowerCase() === 'transfer-encoding')
  return [
    ...kept,
    ['Host', 'toolbox'],
    ...(isChunked && !options.upgrade ? [['Transfer-Encoding', 'chunked'] as HeaderPair] : []),
  ]
}

/** For the client. A redirect within the toolbox is put below the toolbox's public prefix. */
export function responseHeaders(rawHeaders: readonly string[], prefix: string): HeaderPair[] {
  const all = pairs(rawHeaders)
  const dropped = new Set([...hopHeaders, ...namedByConnection(all)])
  return all
    .filter(([name]) => !dropped.has(name.toLowerCase()))
    .map(([name, value]) => {
      const isOwn = name.toLowerCase() === 'location' && value.startsWith('/') && !value.startsWith('//')
      return isOwn && !value.startsWith(`${prefix}/`) ? [name, prefix + value] : [name, value]
    })
}

function namedByConnection(all: readonly HeaderPair[]): string[] {
  return all
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((item) => item.trim().toLowerCase()))
}

function pairs(rawHeaders: readonly string[]): HeaderPair[] {
  const found: HeaderPair[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) found.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''])
  return found
}
