/**
 * Checks the `Host` header. With DNS rebinding, a page of a foreign site can send requests here under its own name; such a
 * name is refused before anything else is checked.
 */
import { namesOf, OwnOrigins, originsOf } from '@/lib/edge/own-origins'
import { ApiError } from '@/lib/process-api/errors'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** `{port}-{label}.{domain}`: a port of one sandbox. The label is the sandbox's id or a signed token. */
export interface PreviewHost {
  readonly port: number
  /** In lower case, as browsers send it. */
  readonly label: string
  /** It is an address of the loopback and not a name. The label is then the sandbox's id. */
  readonly isAddress?: true
}

export interface EngineHostsOptions {
  /** The port the engine listens on. */
  readonly port: number
  /** `HOST` of the console; a reverse proxy may serve the engine under the same name. */
  readonly consoleHost?: string | undefined
  /** Entries of `SANDGLASS_ALLOWED_HOSTS`. */
  readonly allowed: readonly string[]
  /** Entries of `SANDGLASS_PREVIEW_HOSTS`: previews are served below these names. */
  readonly previews: readonly string[]
  /** Entries of `SANDGLASS_API_ORIGINS`: pages that may make changes with a key. */
  readonly apiOrigins: readonly string[]
  /** The preview at an address of the loopback; null for any other host name. */
  readonly findAddress?: (name: string) => PreviewHost | null
}

/** The host names and origins of one engine. */
export class EngineHosts {
  private readonly names: ReadonlySet<string>
  private readonly domains: ReadonlySet<string>
  private readonly listed: ReadonlySet<string>
  private readonly origins: OwnOrigins
  private readonly previewOrigins: readonly URL[]
  private readonly apiOrigins: ReadonlySet<string>

  private readonly findAddress: (name: string) => PreviewHost | null

  constructor({ port, consoleHost, allowed, previews, apiOrigins, findAddress }: EngineHostsOptions) {
    this.findAddress = findAddress ?? (() => null)
    const entries = [...allowed, ...previews]
    this.domains = new Set(namesOf(previews))
    this.names = new Set([...namesOf(entries), nameOf(consoleHost)].filter((name) => name !== ''))
    const listed = entries.flatMap((entry) => originsOf(entry, port))
    this.listed = new Set(listed)
    this.origins = new OwnOrigins([], listed)
    this.previewOrigins = previews.map((entry) => new URL(originsOf(entry, port)[0] ?? ''))
    this.apiOrigins = new Set(apiOrigins.flatMap((entry) => originsOf(entry, port)))
  }

  /**
   * Check a `Host`. Throws 403 for an unknown name.
   * @returns the preview that the name addresses; null for the engine itself
   */
  requireKnown(host: string | undefined): PreviewHost | null {
    const name = nameOf(host)
    const preview = this.readPreview(name)
    const isOurs = preview !== null || isLoopback(name) || this.names.has(name)
    if (isOurs && URL.canParse(`http://${host}`)) return preview
    throw new ApiError(
      'FORBIDDEN',
      `the host name '${name}' does not belong to this engine; if it is yours, add it to SANDGLASS_ALLOWED_HOSTS`,
    )
  }

  /**
   * The scheme under which a checked `Host` is served: from a trusted proxy, else from the settings entry of the name,
   * else http.
   */
  schemeOf(host: string, forwarded: string | undefined): 'http' | 'https' {
    if (forwarded !== undefined) return forwarded === 'https' ? 'https' : 'http'
    const preview = this.readPreview(nameOf(host))
    const own = preview && !preview.isAddress ? host.slice(host.indexOf('.') + 1) : host
    return this.origins.knowsHost(own) && this.origins.originOf(own, 'https').startsWith('https:') ? 'https' : 'http'
  }

  /** Whether an origin is one of ours, for a request that was sent to the origin `own`. */
  acceptsOrigin(origin: string, own: string): boolean {
    // A reverse proxy may put the engine's own address into Host.
    return origin === own || (isLoopback(new URL(own).hostname) && this.listed.has(origin))
  }

  /** Whether the administrator allows pages of this origin to use the API. */
  isApiOrigin(origin: string): boolean {
    return this.apiOrigins.has(origin)
  }

  /** Whether an `Origin` is a preview of the same sandbox as the requested origin, on any port. */
  isSameSandbox(origin: string, own: string, preview: PreviewHost): boolean {
    if (!URL.canParse(origin)) return false
    const [page, target] = [new URL(origin), new URL(own)]
    const sibling = this.readPreview(page.hostname)
    if (sibling?.label !== preview.label || sibling.isAddress !== preview.isAddress) return false
    const [domain, targetDomain] = [page, target].map(({ host, port }) =>
      preview.isAddress ? port : host.slice(host.indexOf('.')),
    )
    return page.protocol === target.protocol && domain === targetDomain
  }

  /**
   * The origin of a preview, such as `http://{label}.localhost:3986`, for a client that uses our origin `own`; null without
   * a preview domain. To browsers, names below `localhost` are separate from `localhost`.
   */
  previewOrigin(own: string, label: string): string | null {
    const { protocol, hostname, port } = new URL(own)
    const suffix = port === '' ? '' : `:${port}`
    if (isLoopback(hostname)) return `${protocol}//${label}.localhost${suffix}`
    if (this.domains.has(hostname)) return `${protocol}//${label}.${hostname}${suffix}`
    const [first] = this.previewOrigins
    return first ? `${first.protocol}//${label}.${first.host}` : null
  }

  private readPreview(name: string): PreviewHost | null {
    const [, digits = '', label = '', domain = ''] = /^(\d{1,5})-([a-z0-9-]+)\.(.+)$/.exec(name) ?? []
    const port = Number(digits)
    const isOurs = port >= 1 && port <= 65_535 && (domain === 'localhost' || this.domains.has(domain))
    return isOurs ? { port, label } : this.findAddress(name)
  }
}

function isLoopback(name: string): boolean {
  return loopback.has(name) || name.endsWith('.localhost')
}

function nameOf(host: string | undefined): string {
  return (host ?? '').trim().replace(/:\d+$/, '').toLowerCase()
}
