/** What a browser reports about the origin of a request. Other programs send none of these headers. */
import type { IncomingHttpHeaders } from 'node:http'

/** Whether a method may change something. */
export function isUnsafe(method: string | undefined): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/**
 * Whether, according to the browser, a page of another origin sent this. `same-site` is another origin too: another port or
 * a sibling name. `none` means that the user typed the address.
 */
export function isFromOtherOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/** Whether the user navigates to a page. Links from other sites may do that, but nothing else. */
export function isNavigation({
  method,
  headers,
}: {
  method?: string | undefined
  headers: IncomingHttpHeaders
}): boolean {
  return !isUnsafe(method) && headers['sec-fetch-mode'] === 'navigate'
}
