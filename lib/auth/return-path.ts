/** Where a sign-in leads: only to a page of this console, whatever the link says. */

/**
 * A path with query that stays on this site, or `/`. Refused are other hosts in all their spellings (`//host`,
 * `/\host`, schemes, control characters that browsers drop) and the sign-in itself.
 */
export function safeReturnPath(requested: string | null | undefined): string {
  if (!requested || requested.length > 2048 || !/^\/(?![/\\])[^\\\u0000-\u0020\u007f]*$/.test(requested)) return '/'
  const base = 'http://console.invalid'
  if (!URL.canParse(requested, base)) return '/'
  const url = new URL(requested, base)
  if (url.origin !== base || url.pathname.startsWith('//')) return '/'
  if (/^\/(sign-in|sign-out|api|_next)(\/|$)/.test(url.pathname)) return '/'
  return url.pathname + url.search + url.hash
}
