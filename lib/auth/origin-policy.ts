/**
 * The host names of the console, and the pages that may send requests to it. A foreign `Host` means DNS rebinding. A
 * foreign `Origin` is another site's page, for which the browser sends our cookie if only the port differs.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { OwnOrigins, originsOf } from '@/lib/edge/own-origins'
import type { ConsoleSettings } from '@/lib/settings/console-settings'

/** The console's own origins: its listening addresses and the entries of SANDGLASS_ALLOWED_HOSTS. */
export function consoleOrigins({
  host,
  port,
  allowedHosts,
}: Pick<ConsoleSettings, 'host' | 'port' | 'allowedHosts'>): OwnOrigins {
  const names = ['127.0.0.1', 'localhost', '[::1]', host.includes(':') ? `[${host}]` : host]
  const direct = names.map((name) => new URL(`http://${name}:${port}`).origin)
  return new OwnOrigins(
    direct,
    allowedHosts.flatMap((entry) => originsOf(entry, port)),
  )
}

/**
 * Whether a browser sent this request. Browsers send `Origin` with every upgrade and every unsafe request, so a request
 * without it cannot come from a malicious page. It still needs the cookie.
 */
export function looksLikeBrowser(headers: IncomingHttpHeaders): boolean {
  return (
    Object.keys(headers).some((name) => name.startsWith('sec-fetch-')) || /^Mozilla\//.test(headers['user-agent'] ?? '')
  )
}
