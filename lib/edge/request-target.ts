/** The target in the first line of a request, normalised once, so that checks and routing see the same path. */

/**
 * A request target as a plain path and query with dot segments resolved. Null for anything else: `*`, the absolute form
 * for proxies, a path that begins with `//` (a host to URL parsers), a backslash, a fragment, and invalid
 * percent-encoding or UTF-8. The returned path never begins with `//`.
 */
export function normalisedPath(target: string | undefined): string | null {
  if (target === undefined || !/^\/[^#]*$/.test(target)) return null
  const [path = ''] = target.split('?')
  if (path.includes('\\') || !URL.canParse(`http://edge.invalid${target}`)) return null
  const url = new URL(`http://edge.invalid${target}`)
  if (url.host !== 'edge.invalid' || url.pathname.startsWith('//') || !isDecodable(url.pathname)) return null
  return url.pathname + url.search
}

/** Whether a path can be percent-decoded. */
export function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
