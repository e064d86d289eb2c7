/** Where a browser says that a request comes from. Programs that are no browsers send none of these headers. */
import type { IncomingHttpHeaders } from 'node:http'

/** Whether a method may change something. */
export function isUnsafe(method: string | undefined): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/**
 * Whether a browser says that a page of another origin sent this. `same-site` is another origin too: the page of another
 * port or of a sibling name. `none` is a person, who typed the address.
 */
export function isFromOtherOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/** Whether a person goes to a page: a link from elsewhere may do that, but nothing more. */
export function isNavigation({
  method,
  headers,
}: {
  method?: string | undefined
  headers: IncomingHttpHeaders
}): boolean {
  return !isUnsafe(method) && headers['sec-fetch-mode'] === 'navigate'
}
