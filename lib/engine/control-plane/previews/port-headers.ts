/** Headers on the way to a program of a sandbox and back: the program sees its visitor, and nothing that opens doors. */
import type { IncomingHttpHeaders } from 'node:http'
import { forwardingHeaders } from '@/lib/edge/trusted-proxies'
import { previewTokenQuery } from '@/lib/process-api/previews'
import { endToEndHeaders, type HeaderPair, headerPairs } from '../../http/hop-headers'
import { bearerOf, sameSecret } from '../access/credentials'
import { belowPrefix, type HeaderRules, passedOn, proxyOnlyHeaders } from '../access/proxy-headers'
import { protocolOf } from '../access/public-address'
import { programCookie, withoutPreviewCookies } from './preview-cookie'

/** What is taken from a request besides the headers that are passed on. */
export interface Visit {
  readonly headers: IncomingHttpHeaders
  readonly socket: { readonly remoteAddress?: string | undefined }
}

export interface PortHeaderOptions {
  readonly request: Visit
  readonly apiKey: string
  readonly port: number
  /** What stands before the program's own paths on the outside. */
  readonly prefix: string
  /**
   * The program has a host name of its own. Otherwise it shares one with the engine and maybe the console, whose cookies
   * are not the program's to read or to set.
   */
  readonly ownHost: boolean
  /** A page may be shown under a shared host name; else a browser that is shown one gives it no origin and no scripts. */
  readonly sharedPages: boolean
}

const forwarded: readonly string[] = forwardingHeaders

export function portHeaders(options: PortHeaderOptions): HeaderRules {
  return {
    toToolbox: (rawHeaders, upgrade) => [
      ...passedOn(rawHeaders, upgrade).flatMap((pair) => seenByProgram(pair, options)),
      ...visitorHeaders(options.request),
    ],
    toClient(rawHeaders, reflectsOrigin) {
      const all = endToEndHeaders(headerPairs(rawHeaders))
      const shown = all.flatMap((pair) => seenByVisitor(pair, options))
      // A second policy takes nothing away from the program's own: a browser keeps to both.
      const isConfined = !options.ownHost && !options.sharedPages
      const kept: HeaderPair[] = isConfined ? [...shown, ['Content-Security-Policy', 'sandbox']] : shown
      return reflectsOrigin ? withOrigin(kept) : kept
    },
  }
}

function seenByProgram([name, value]: HeaderPair, { apiKey, ownHost }: PortHeaderOptions): HeaderPair[] {
  const key = name.toLowerCase()
  if (key === 'host' || proxyOnlyHeaders.includes(key) || forwarded.includes(key)) return []
  if (key === 'authorization') {
    // A program may have keys of its own.
    const bearer = bearerOf(value)
    return bearer !== null && sameSecret(bearer, apiKey) ? [] : [[name, value]]
  }
  if (key === 'cookie') {
    const own = ownHost ? withoutPreviewCookies(value) : ''
    return own === '' ? [] : [[name, own]]
  }
  if (key === 'referer') return [[name, withoutToken(value)]]
  return [[name, value]]
}

/** `Host` stays what the visitor's browser asked for, because programs compare it with `Origin`. */
function visitorHeaders(request: Visit): HeaderPair[] {
  const { host = 'localhost', 'x-forwarded-for': before } = request.headers
  const visitor = request.socket.remoteAddress ?? 'unknown'
  return [
    ['Host', host],
    ['X-Forwarded-For', before ? `${before}, ${visitor}` : visitor],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Proto', protocolOf(request)],
  ]
}

function seenByVisitor([name, value]: HeaderPair, { port, prefix, ownHost }: PortHeaderOptions): HeaderPair[] {
  const key = name.toLowerCase()
  if (key === 'location') return [[name, belowPrefix(withoutLocalOrigin(value, port), prefix)]]
  if (key === 'set-cookie') {
    const line = ownHost ? programCookie(value) : null
    return line === null ? [] : [[name, line]]
  }
  return [[name, value]]
}

/** A program that takes itself for `http://localhost:3000` redirects there. */
function withoutLocalOrigin(location: string, port: number): string {
  const local = /^https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d+)(\/.*)?$/i.exec(location)
  return local && Number(local[2]) === port ? (local[3] ?? '/') : location
}

/** A program that answers for other origins itself does so alone; what it says of caching is added to. */
function withOrigin(headers: HeaderPair[]): HeaderPair[] {
  const varies = headers.some(([name]) => name.toLowerCase() === 'vary')
  return varies ? [...headers, ['Vary', 'Origin']] : headers
}

/** The address of a page without the preview token that it may have been opened with. */
export function withoutToken(url: string): string {
  const mark = url.indexOf('?')
  if (mark < 0) return url
  const [, query = '', fragment = ''] = /^([^#]*)(.*)$/.exec(url.slice(mark + 1)) ?? []
  const kept = query.split('&').filter((part) => decodeLoosely(part.split('=')[0] ?? '') !== previewTokenQuery)
  const search = kept.join('&')
  return `${url.slice(0, mark)}${search === '' ? '' : `?${search}`}${fragment}`
}

/** As it is where it is no proper encoding: then nobody else reads it as anything else either. */
export function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
