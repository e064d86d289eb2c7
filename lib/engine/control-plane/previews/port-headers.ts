/** Headers to and from a program of a sandbox: the program sees its client, but no credentials of ours. */
import type { IncomingHttpHeaders } from 'node:http'
import { forwardingHeaders } from '@/lib/edge/trusted-proxies'
import { previewTokenQuery } from '@/lib/process-api/previews'
import { endToEndHeaders, type HeaderPair, headerPairs } from '../../http/hop-headers'
import { bearerOf, secretsEqual } from '../access/credentials'
import { forwardedHeaders, type HeaderRules, proxyOnlyHeaders, withPrefix } from '../access/proxy-headers'
import { protocolOf } from '../access/public-address'
import { programCookie, withoutPreviewCookies } from './preview-cookie'
import { withoutSignedPath } from './signed-path'

/** The parts of a request that are used besides the forwarded headers. */
export interface ClientRequest {
  readonly headers: IncomingHttpHeaders
  readonly socket: { readonly remoteAddress?: string | undefined }
}

export interface PortHeaderOptions {
  readonly request: ClientRequest
  readonly apiKey: string
  readonly port: number
  /** The public path before the program's own paths. */
  readonly prefix: string
  /**
   * The program has its own host name. Otherwise it shares one with the engine and maybe the console, whose cookies it
   * must neither read nor set.
   */
  readonly ownHost: boolean
  /** Pages may be served under a shared host name; otherwise they get an opaque origin and no scripts. */
  readonly sharedPages: boolean
}

/**
 * Headers that browsers apply to a whole origin, not to the response alone: they delete its data, change how it is reached,
 * or report its other requests. Under a shared host name that origin is the engine's.
 */
const originWide: readonly string[] = [
  'accept-ch',
  'alt-svc',
  'clear-site-data',
  'critical-ch',
  'nel',
  'origin-agent-cluster',
  'public-key-pins',
  'report-to',
  'reporting-endpoints',
  'sec-session-registration',
  'service-worker-allowed',
  'set-login',
  'strict-transport-security',
]

const forwarded: readonly string[] = forwardingHeaders

export function portHeaders(options: PortHeaderOptions): HeaderRules {
  return {
    toToolbox: (rawHeaders, upgrade) => [
      ...forwardedHeaders(rawHeaders, upgrade).flatMap((pair) => forProgram(pair, options)),
      ...clientHeaders(options.request),
    ],
    toClient(rawHeaders, reflectsOrigin) {
      const all = endToEndHeaders(headerPairs(rawHeaders))
      const shown = all.flatMap((pair) => forClient(pair, options))
      // An additional policy does not weaken the program's own: browsers enforce both.
      const isConfined = !options.ownHost && !options.sharedPages
      const kept: HeaderPair[] = isConfined ? [...shown, ['Content-Security-Policy', 'sandbox']] : shown
      return reflectsOrigin ? withOrigin(kept) : kept
    },
  }
}

function forProgram([name, value]: HeaderPair, { apiKey, ownHost }: PortHeaderOptions): HeaderPair[] {
  const key = name.toLowerCase()
  if (key === 'host' || proxyOnlyHeaders.includes(key) || forwarded.includes(key)) return []
  if (key === 'authorization') {
    // A program may use bearer tokens of its own.
    const bearer = bearerOf(value)
    return bearer !== null && secretsEqual(bearer, apiKey) ? [] : [[name, value]]
  }
  if (key === 'cookie') {
    const own = ownHost ? withoutPreviewCookies(value) : ''
    return own === '' ? [] : [[name, own]]
  }
  if (key === 'referer') return [[name, withoutSignedPath(withoutToken(value))]]
  return [[name, value]]
}

/** `Host` stays what the browser sent, because programs compare it with `Origin`. */
function clientHeaders(request: ClientRequest): HeaderPair[] {
  const { host = 'localhost', 'x-forwarded-for': before } = request.headers
  const address = request.socket.remoteAddress ?? 'unknown'
  return [
    ['Host', host],
    ['X-Forwarded-For', before ? `${before}, ${address}` : address],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Proto', protocolOf(request)],
  ]
}

function forClient([name, value]: HeaderPair, { port, prefix, ownHost }: PortHeaderOptions): HeaderPair[] {
  const key = name.toLowerCase()
  if (key === 'location') return [[name, withPrefix(withoutLocalOrigin(value, port), prefix)]]
  if (!ownHost && originWide.includes(key)) return []
  if (key === 'set-cookie') {
    const line = ownHost ? programCookie(value) : null
    return line === null ? [] : [[name, line]]
  }
  return [[name, value]]
}

/** Programs often redirect to `http://localhost:3000`, their own idea of their address. */
function withoutLocalOrigin(location: string, port: number): string {
  const local = /^https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d+)(\/.*)?$/i.exec(location)
  return local && Number(local[2]) === port ? (local[3] ?? '/') : location
}

/** Add `Vary: Origin` to a response for which the proxy has allowed the origin, besides the program's own. */
function withOrigin(headers: HeaderPair[]): HeaderPair[] {
  const varies = headers.some(([name]) => name.toLowerCase() === 'vary')
  return varies ? [...headers, ['Vary', 'Origin']] : headers
}

/** The URL without the preview token that it may contain. */
export function withoutToken(url: string): string {
  const mark = url.indexOf('?')
  if (mark < 0) return url
  const [, query = '', fragment = ''] = /^([^#]*)(.*)$/.exec(url.slice(mark + 1)) ?? []
  const kept = query.split('&').filter((part) => decodeLoosely(part.split('=')[0] ?? '') !== previewTokenQuery)
  const search = kept.join('&')
  return `${url.slice(0, mark)}${search === '' ? '' : `?${search}`}${fragment}`
}

/** Decode, or return invalid encodings unchanged, as others will not decode them either. */
export function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
