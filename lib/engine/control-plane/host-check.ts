/**
 * Which `Host` a request may name. A page of a foreign site can make a browser send requests here under a name that
 * it resolves to the loopback; such a name is refused before anything else is looked at.
 */
import { isIP } from 'node:net'
import { ApiError } from '@/lib/process-api/errors'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** `{port}-{label}.{domain}`: a port of the sandbox that the label stands for, by its id or by a signed token. */
export interface PreviewHost {
  readonly port: number
  /** In lower case, as browsers send it. */
  readonly label: string
}

/**
 * Check a `Host`. Throws 403 for a name that is not ours.
 * @param allowed further names, from `HOST` and `SANDGLASS_ALLOWED_HOSTS`
 * @returns the preview that the name stands for, null for the engine itself
 */
export function requireKnownHost(host: string | undefined, allowed: ReadonlySet<string>): PreviewHost | null {
  const name = nameOf(host)
  const preview = readPreviewHost(name, allowed)
  if (preview || loopback.has(name) || name.endsWith('.localhost') || allowed.has(name)) return preview
  throw new ApiError(
    'FORBIDDEN',
    `the host name '${name}' is not one of this engine; add it to SANDGLASS_ALLOWED_HOSTS if it is yours`,
  )
}

/** Whether an `Origin` is a preview of the same sandbox, whatever its port. */
export function isSameSandbox(origin: string, preview: PreviewHost, allowed: ReadonlySet<string>): boolean {
  const name = URL.canParse(origin) ? new URL(origin).hostname : ''
  return readPreviewHost(name, allowed)?.label === preview.label
}

function readPreviewHost(name: string, allowed: ReadonlySet<string>): PreviewHost | null {
  const [, digits = '', label = '', domain = ''] = /^(\d{1,5})-([a-z0-9-]+)\.(.+)$/.exec(name) ?? []
  const port = Number(digits)
  const isOurs = port >= 1 && port <= 65_535 && (domain === 'localhost' || allowed.has(domain))
  return isOurs ? { port, label } : null
}

/**
 * The domain and port below which previews are found by whoever reached the engine under this `Host`; null for an
 * address, which has no names below it. The `Host` was checked before.
 */
export function previewDomain(host: string): string | null {
  const name = nameOf(host)
  const port = /:\d+$/.exec(host)?.[0] ?? ''
  if (loopback.has(name) || name.endsWith('.localhost')) return `localhost${port}`
  return isIP(name.replace(/^\[|\]$/g, '')) === 0 ? `${name}${port}` : null
}

/** The names of a comma-separated setting, without ports. */
export function hostNames(...settings: Array<string | undefined>): Set<string> {
  const names = settings.flatMap((setting) => (setting ?? '').split(','))
  return new Set(names.map(nameOf).filter((name) => name !== ''))
}

function nameOf(host: string | undefined): string {
  return (host ?? '').trim().replace(/:\d+$/, '').toLowerCase()
}
