/**
 * Which `Host` a request may name. A page of a foreign site can make a browser send requests here under a name that
 * it resolves to the loopback; such a name is refused before anything else is looked at.
 */
import { ApiError } from '@/lib/process-api/errors'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** @param extra further names, from `HOST` and `SANDGLASS_ALLOWED_HOSTS`. Throws 403. */
export function requireKnownHost(host: string | undefined, extra: ReadonlySet<string>): void {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase()
  if (loopback.has(name) || name.endsWith('.localhost') || extra.has(name)) return
  throw new ApiError(
    'FORBIDDEN',
    `the host name '${name}' is not one of this engine; add it to SANDGLASS_ALLOWED_HOSTS if it is yours`,
  )
}

/** The names of a comma-separated setting, without ports. */
export function hostNames(...settings: Array<string | undefined>): Set<string> {
  const names = settings.flatMap((setting) => (setting ?? '').split(','))
  return new Set(names.map((name) => name.trim().replace(/:\d+$/, '').toLowerCase()).filter((name) => name !== ''))
}

/** The host of a preview link, `{port}-{sandbox}.localhost`. Throws 501: no port of a sandbox is served here. */
export function refusePreviewHost(host: string | undefined): void {
  const port = /^(\d{1,5})-[^.]+\.localhost(:\d+)?$/i.exec(host ?? '')?.[1]
  if (port === undefined) return
  throw new ApiError('NOT_IMPLEMENTED', `this engine does not serve port ${port} of a sandbox; use it from inside`)
}
