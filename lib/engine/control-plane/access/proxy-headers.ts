/** The headers that the proxy forwards to a toolbox and back. */
import { previewTokenHeader } from '@/lib/process-api/previews'
import { bodyHeaders, endToEndHeaders, type HeaderPair, headerPairs } from '../../http/hop-headers'

/** Headers for the proxy itself. */
export const skipActivityHeader = 'x-daytona-skip-last-activity-update'
export const disableCorsHeader = 'x-daytona-disable-cors'
export const proxyOnlyHeaders: readonly string[] = [
  previewTokenHeader,
  skipActivityHeader,
  disableCorsHeader,
  'x-daytona-skip-preview-warning',
]
/** The proxy checks credentials; a sandbox must not see the engine's key. */
const credentials = ['authorization', previewTokenHeader, 'cookie', 'host']

/** How headers of one target are forwarded. */
export interface HeaderRules {
  /** Headers for the toolbox. @param upgrade the request asks for an upgrade */
  toToolbox(rawHeaders: readonly string[], upgrade: boolean): HeaderPair[]
  /** Headers for the client. @param reflectsOrigin the proxy has allowed the origin of the request */
  toClient(rawHeaders: readonly string[], reflectsOrigin: boolean): HeaderPair[]
}

/** The headers for the next hop. An upgrade keeps its hop-by-hop headers. */
export function forwardedHeaders(rawHeaders: readonly string[], upgrade: boolean): HeaderPair[] {
  const all = headerPairs(rawHeaders)
  return upgrade ? all : [...endToEndHeaders(all), ...bodyHeaders(all)]
}

/** Rules for the toolbox's own routes. @param prefix the public path before the toolbox's paths */
export function toolboxHeaders(prefix: string): HeaderRules {
  return {
    toToolbox(rawHeaders, upgrade) {
      const forwarded = forwardedHeaders(rawHeaders, upgrade).filter(
        ([name]) => !credentials.includes(name.toLowerCase()),
      )
      return [...forwarded, ['Host', 'toolbox']]
    },
    toClient(rawHeaders) {
      return endToEndHeaders(headerPairs(rawHeaders)).map(([name, value]) =>
        name.toLowerCase() === 'location' ? [name, withPrefix(value, prefix)] : [name, value],
      )
    },
  }
}

/** Put the prefix before a redirect within the target; a redirect to elsewhere is unchanged. */
export function withPrefix(location: string, prefix: string): string {
  const isOwn = location.startsWith('/') && !location.startsWith('//')
  return isOwn && !location.startsWith(`${prefix}/`) ? prefix + location : location
}
