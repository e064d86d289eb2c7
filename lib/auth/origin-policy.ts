/**
 * Under which names the console may be reached, and which pages may speak to it. A foreign `Host` is DNS rebinding; a
 * foreign `Origin` is somebody else's page, which the browser would send our cookie for when only the port differs.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { ConsoleSettings } from '@/lib/targets/console-settings'

export class OriginPolicy {
  private readonly own: ReadonlySet<string>
  private readonly listed: ReadonlySet<string>

  constructor({ host, port, allowedHosts }: Pick<ConsoleSettings, 'host' | 'port' | 'allowedHosts'>) {
    const names = ['127.0.0.1', 'localhost', '[::1]', host.includes(':') ? `[${host}]` : host].map((name) =>
      name.toLowerCase(),
    )
    this.own = new Set(names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])))
    this.listed = new Set(allowedHosts)
  }

  /** Whether a request may carry this `Host`. A listed name without a port stands for all of its ports. */
  knowsHost(host: string | undefined): host is string {
    if (host === undefined) return false
    const name = host.toLowerCase()
    return this.own.has(name) || this.isListed(name)
  }

  /**
   * Whether a page of this origin may speak to the console: the page must come from the very host that was asked, or
   * from a listed one (a reverse proxy may put another `Host`).
   */
  acceptsOrigin(origin: string, host: string): boolean {
    if (!URL.canParse(origin)) return false
    const url = new URL(origin)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return false
    // `URL` leaves a scheme's default port out, as browsers do in both headers; a hand-written one is put right here.
    const asked = host.toLowerCase()
    const defaultPort = url.protocol === 'https:' ? ':443' : ':80'
    return url.host === asked || `${url.host}${defaultPort}` === asked || this.isListed(url.host)
  }

  private isListed(name: string): boolean {
    return this.listed.has(name) || this.listed.has(name.replace(/:\d+$/, ''))
  }
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
