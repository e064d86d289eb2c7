/**
 * The host names of the console, and the pages that may send requests to it. A foreign `Host` means DNS rebinding. A
 * foreign `Origin` is another site's page, for which the browser sends our cookie if only the port differs.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { networkInterfaces } from 'node:os'
import { OwnOrigins, originsOf } from '@/lib/edge/own-origins'
import type { ConsoleSettings } from '@/lib/settings/console-settings'

/** The console's own origins: its listening addresses and the entries of SANDGLASS_ALLOWED_HOSTS. */
export function consoleOrigins({
  host,
  port,
  allowedHosts,
}: Pick<ConsoleSettings, 'host' | 'port' | 'allowedHosts'>): OwnOrigins {
  const listening = isWildcard(host) ? ownAddresses() : [host]
  const names = ['127.0.0.1', 'localhost', '[::1]', ...listening.map(bracketed)]
  const direct = names.map((name) => new URL(`http://${name}:${port}`).origin)
  return new OwnOrigins(
    direct,
    allowedHosts.flatMap((entry) => originsOf(entry, port)),
  )
}

/**
 * Where sign-in links lead, if not to the console's own address: to the first listed name, because people use it and a
 * cookie belongs to one name; without names and open to the network, to this machine and then to its address there.
 */
export function linkOrigins({
  host,
  port,
  allowedHosts,
}: Pick<ConsoleSettings, 'host' | 'port' | 'allowedHosts'>): string[] {
  for (const entry of allowedHosts) {
    const origins = originsOf(entry, port).filter((origin) => !isLoopback(new URL(origin).hostname))
    // A bare name stands for a proxy with TLS and for our own port, which others reach only if it is open.
    const own = origins.find((origin) => origin.startsWith('http:') && new URL(origin).port === String(port))
    const first = isLoopback(host) ? origins[0] : (own ?? origins[0])
    if (first !== undefined) return [first]
  }
  if (!isWildcard(host)) return []
  const [address] = ownAddresses()
  return address === undefined ? [] : [`http://127.0.0.1:${port}`, `http://${bracketed(address)}:${port}`]
}

/** Addresses of this machine in its networks, IPv4 first. No foreign name can be made to mean them in `Host`. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const outside = all.filter(
    ({ internal, scopeid = 0 }: { internal: boolean; scopeid?: number }) => !internal && scopeid === 0,
  )
  return outside.map(({ address }) => address).sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')))
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || host === '[::1]' || host.startsWith('127.')
  )
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
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
