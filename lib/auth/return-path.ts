/** Where a sign-in redirects to: always a page of this console, whatever the link contains. */

/**
 * A path with query that stays on this site, else `/`. Rejects other hosts in all spellings (`//host`, `/\host`,
 * schemes, control characters that browsers drop) and the sign-in page itself.
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
