/**
 * Under which names the console may be reached, and which pages may speak to it. A foreign `Host` is DNS rebinding; a
 * foreign `Origin` is somebody else's page, which the browser would send our cookie for when only the port differs.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { OwnOrigins, originsOf } from '@/lib/edge/own-origins'
import type { ConsoleSettings } from '@/lib/settings/console-settings'

/** The console's own origins: where it listens, and what SANDGLASS_ALLOWED_HOSTS lists. */
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
 * Whether a browser sent this. Every browser sends `Origin` with an upgrade and with each unsafe request, so a program
 * without one is no page that somebody was lured to, and it needs the cookie all the same.
 */
export function looksLikeBrowser(headers: IncomingHttpHeaders): boolean {
  return (
    Object.keys(headers).some((name) => name.startsWith('sec-fetch-')) || /^Mozilla\//.test(headers['user-agent'] ?? '')
  )
}
