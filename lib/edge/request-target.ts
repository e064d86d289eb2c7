/** The target in a request's first line, read once: what is checked is what is routed. */

/**
 * A request target as a plain path and query with dot segments resolved. Null for everything that is no path of ours:
 * `*`, a proxy's absolute form, a path that begins with `//` (which URL parsers take for a host), a backslash, a
 * fragment, and percent-encoding that is broken or no UTF-8. The path of the result never begins with `//`.
 */
export function normalisedPath(target: string | undefined): string | null {
  if (target === undefined || !/^\/[^#]*$/.test(target)) return null
  const [path = ''] = target.split('?')
  if (path.includes('\\') || !URL.canParse(`http://edge.invalid${target}`)) return null
  const url = new URL(`http://edge.invalid${target}`)
  if (url.host !== 'edge.invalid' || url.pathname.startsWith('//') || !isDecodable(url.pathname)) return null
  return url.pathname + url.search
}

/** Whether the path of a target can be decoded. */
export function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
