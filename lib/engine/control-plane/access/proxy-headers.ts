/** Which headers pass the proxy on the way to a toolbox and back. */
import { previewTokenHeader } from '@/lib/process-api/previews'
import { bodyHeaders, endToEndHeaders, type HeaderPair, headerPairs } from '../../http/hop-headers'

/** What is said to the proxy itself. */
export const skipActivityHeader = 'x-daytona-skip-last-activity-update'
export const disableCorsHeader = 'x-daytona-disable-cors'
export const proxyOnlyHeaders: readonly string[] = [
  previewTokenHeader,
  skipActivityHeader,
  disableCorsHeader,
  'x-daytona-skip-preview-warning',
]
/** Credentials are the proxy's to check; a sandbox must not see the key of the whole engine. */
const credentials = ['authorization', previewTokenHeader, 'cookie', 'host']

/** How the headers of one target are passed on. */
export interface HeaderRules {
  /** For the toolbox, of a request that asks for an upgrade or not. */
  toToolbox(rawHeaders: readonly string[], upgrade: boolean): HeaderPair[]
  /** For the client. @param reflectsOrigin the proxy has allowed the origin of the request */
  toClient(rawHeaders: readonly string[], reflectsOrigin: boolean): HeaderPair[]
}

/** What goes on to the next hop. An upgrade keeps what makes it one. */
export function passedOn(rawHeaders: readonly string[], upgrade: boolean): HeaderPair[] {
  const all = headerPairs(rawHeaders)
  return upgrade ? all : [...endToEndHeaders(all), ...bodyHeaders(all)]
}

/** For the toolbox's own routes. @param prefix what stands before the toolbox's paths on the outside */
export function toolboxHeaders(prefix: string): HeaderRules {
  return {
    toToolbox(rawHeaders, upgrade) {
      const kept = passedOn(rawHeaders, upgrade).filter(([name]) => !credentials.includes(name.toLowerCase()))
      return [...kept, ['Host', 'toolbox']]
    },
    toClient(rawHeaders) {
      return endToEndHeaders(headerPairs(rawHeaders)).map(([name, value]) =>
        name.toLowerCase() === 'location' ? [name, belowPrefix(value, prefix)] : [name, value],
      )
    },
  }
}

/** A redirect within what lies behind a prefix is put below it; one that leads elsewhere stays. */
export function belowPrefix(location: string, prefix: string): string {
  const isOwn = location.startsWith('/') && !location.startsWith('//')
  return isOwn && !location.startsWith(`${prefix}/`) ? prefix + location : location
}
